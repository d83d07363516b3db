"""Payload sizes on the second halves of the recordings, ours and the peers': `make bench-codec`."""

import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from codec import dialogue, message, report
from codec.desk import document
from codec.message import ROWS
from tests.bench import peers
from tests.bench.recordings import Timed, Values, creek, dust, halves, seeded_battery, street

NOISE = ("laeq", "lafmax", "l10", "l90")
READINGS = 12


class Row(NamedTuple):
    """What is sent in one situation, and its targets: the mean, and limits by share of the payloads."""

    title: str
    reports: list[Values]
    mean: float
    limits: dict[float, int]  # share of the payloads -> bytes

    def payloads(self) -> list[bytes]:
        return [report.encode(values) for values in self.reports]


class Batch(NamedTuple):
    """Twelve readings each, with the running number of the first."""

    title: str
    batches: list[tuple[int, list[int | str | None]]]
    mean: float
    limits: dict[float, int]

    def payloads(self) -> list[bytes]:
        return [dialogue.batch(number, "distance", readings) for number, readings in self.batches]


def rows() -> list[Row | Batch]:
    """The rows of the issue's table."""
    water = halves(creek("plumtree_run_2018_5min.csv"))[1]
    battery = seeded_battery()
    dusts = halves(dust())[1]
    noise = street()[1]
    with_battery: list[Values] = [{**values, "battery": next(battery)} for _, values in water]
    two_bins = [_without(values, "pm1", "pm4") for _, values in dusts]
    together = [{**values, "battery": next(battery)} for values in _joined(noise, water, dusts)]
    return [
        Row("level, temperature", [values for _, values in water], 6.7, {1: 7}),
        Row("level, temperature, battery", with_battery, math.inf, {1: 11}),
        Row("noise: LAeq, LAFmax, L10, L90", [values for _, values in noise], 8.5, {1: 11}),
        Row("dust: PM2.5, PM10, T, RH", two_bins, 8.2, {1: 11}),
        Row("dust: four bins, T, RH", [values for _, values in dusts], 10.2, {}),
        Row("everything at once", together, math.inf, {0.95: 28, 1: 51}),
        Batch("batch of 12 x 5 min level", _batches(), 19.5, {0.99: 29}),
    ]


def _without(values: Values, *names: str) -> Values:
    return {name: value for name, value in values.items() if name not in names}


def _joined(*recordings: Sequence[Timed]) -> Iterable[Values]:
    """The reports of one day of the first recording, over all days of the last, joined by time of day."""
    noise, water, dusts = recordings
    by_minute = {(time.hour, time.minute): values for time, values in noise}
    first_water, first_dust = water[0][0].date(), dusts[0][0].date()
    by_time = dict(water)
    for time_of_dust, dusty in dusts:
        noisy = by_minute.get((time_of_dust.hour, time_of_dust.minute))
        day = first_water + (time_of_dust.date() - first_dust)
        minute = time_of_dust.minute - time_of_dust.minute % 5
        wet = by_time.get(datetime.combine(day, time_of_dust.replace(minute=minute, second=0).time()))
        if noisy and wet:
            yield {**dusty, **noisy, **wet}


def _batches() -> list[tuple[int, list[int | str | None]]]:
    """Each hour of both creeks, with the running number in the whole recording and gaps where it has them."""
    batches = []
    for file in ("plumtree_run_2018_5min.csv", "dead_run_2018-06_5min.csv"):
        recording = creek(file)
        start = recording[0][0]
        by_time = {time: values["distance"] for time, values in recording}
        second = halves(recording)[1]
        time = second[0][0]
        while time + timedelta(hours=1) <= second[-1][0]:
            readings = [by_time.get(time + timedelta(minutes=5 * place)) for place in range(READINGS)]
            batches.append(((time - start) // timedelta(minutes=5) & 0xFFFF, readings))
            time += timedelta(hours=1)
    return batches


def packed_bytes(row: Row | Batch) -> float:
    """Bit-packing: of each quantity the bits for its range, a fault and a gap; nothing says which it is."""
    bits = {each.name: math.ceil(math.log2(each.most - each.least + 2)) for each in ROWS}
    if isinstance(row, Batch):
        return math.ceil((bits["number"] + bits["distance"] + 11 * (READINGS - 1)) / 8)
    return statistics.mean(math.ceil(sum(bits[name] for name in values) / 8) for values in row.reports)


def share(sizes: Sequence[int], part: float) -> int:
    """The size that this part of the payloads does not exceed."""
    return sorted(sizes)[math.ceil(part * len(sizes)) - 1]


def met(row: Row | Batch, sizes: Sequence[int]) -> bool:
    within = all(share(sizes, part) <= most for part, most in row.limits.items())
    return within and statistics.mean(sizes) <= row.mean


def exact(row: Row | Batch) -> bool:
    """Whether all payloads of a row say what they were made from."""
    if isinstance(row, Row):
        return all(message.decode(p).values == v for p, v in zip(row.payloads(), row.reports, strict=True))
    said = [message.decode(payload) for payload in row.payloads()]
    return [(each.number, list(each.readings)) for each in said] == row.batches


def table() -> list[str]:
    """The lines of the table of sizes, Markdown."""
    names = [name for name, _ in peers.PEERS]
    lines = [
        "| second halves | n | mean | p95 | p99 | max | target | " + " | ".join(names) + " | bit-packing |",
        "|---" * (8 + len(names)) + "|",
    ]
    total = packed_total = 0.0
    for row in rows():
        sizes = [len(payload) for payload in row.payloads()]
        packed = packed_bytes(row)
        total += statistics.mean(sizes)
        packed_total += packed
        target = ", ".join(
            ([f"mean {row.mean:g}"] if row.mean < math.inf else [])
            + [f"{'all' if part == 1 else f'p{part * 100:g}'} {most}" for part, most in row.limits.items()]
        )
        cells = [
            row.title,
            str(len(sizes)),
            f"**{statistics.mean(sizes):.2f}**",
            *(str(share(sizes, part)) for part in (0.95, 0.99, 1)),
            target + (": met" if met(row, sizes) and exact(row) else ": MISSED"),
            *(f"{peer(row):.1f}" for _, peer in peers.PEERS),
            f"{packed:.1f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += [
        "",
        f"All rows together: {total:.1f} bytes, {total / packed_total:.3f} times bit-packing (target 1.3).",
    ]
    return lines


def variations() -> list[str]:
    """What the rows above rest on: where the sensor hangs, and how humid it is."""
    from tests.bench import recordings

    found = []
    for mount_mm in (1500, 2000, 2500, 3000, 4000):
        recordings.MOUNT_MM = mount_mm
        sizes = [len(report.encode(values)) for _, values in halves(creek("plumtree_run_2018_5min.csv"))[1]]
        batches = [len(dialogue.batch(number, "distance", readings)) for number, readings in _batches()]
        found.append(
            f"sensor {mount_mm} mm over the gauge zero: level and temperature {statistics.mean(sizes):.2f},"
            f" all within {max(sizes)}; batch {statistics.mean(batches):.2f}, p99 {share(batches, 0.99)}"
        )
    recordings.MOUNT_MM = 2000
    uniform = [_without(values, "pm1", "pm4") for _, values in halves(dust("uniform"))[1]]
    sizes = [len(report.encode(values)) for values in uniform]
    found.append(
        f"humidity uniform over 30..100 % instead of a daily course: dust {statistics.mean(sizes):.2f},"
        f" max {max(sizes)}"
    )
    return found


def speed() -> list[str]:
    """Lines a second through `messfunk decode` and `messfunk encode`, without reading and printing them."""
    payloads = next(row for row in rows() if row.title == "everything at once").payloads()[:2000]
    given = [json.dumps(document.read(payload)["values"]) for payload in payloads]
    return [
        _rate("decode, hex to JSON", _decoded, [payload.hex() for payload in payloads]),
        _rate("encode, JSON to hex", _encoded, given),
    ]


def _decoded(line: str) -> str:
    return json.dumps(document.read(bytes.fromhex(line)))


def _encoded(line: str) -> str:
    return document.write(json.loads(line)).hex()


def _rate(what: str, work: Callable[[str], str], lines: list[str]) -> str:
    best = math.inf
    for _ in range(5):
        start = time.perf_counter()
        for line in lines:
            work(line)
        best = min(best, time.perf_counter() - start)
    return f"{what}: {len(lines) / best:,.0f} lines/s (everything at once, {len(lines)} lines, best of 5)"


def main() -> None:
    print("\n".join([*table(), "", *variations(), "", *speed()]))


if __name__ == "__main__":
    sys.exit(main())
