"""Both recorded creeks through the unmodified node: wakes, airtime and how late each alarm leaves.

    python -m tests.bench.node [FOLDER]      (make bench-node)

The truth between two rows is a straight line. The node's link is perfect and costs the airtime of its frames.
"""

import bisect
import csv
import math
import os
import random
import sys
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from codec import message, report
from codec.lorawan import airtime
from firmware import config as node_config
from firmware.mac.actions import Downlink
from firmware.main import run
from firmware.node import Node

CREEKS = ("plumtree_run_2018_5min.csv", "dead_run_2018-06_5min.csv")
MARKS_MM = (750, 1000, 1500)
MOUNT_MM = 3000
NOISE_MM = 2.0  # of one reading, which is a median already
HYSTERESIS_MM = 50
SF = 9
FRAME_BYTES = 13  # MHDR, FHDR, FPort and MIC around a payload
WINDOWS_MS = 2200  # an uplink with two empty windows, one second apart
READ_MS = 600


class Creek:
    """A recording as straight lines between its rows; `crossings` are (ms, mark in mm) upwards."""

    def __init__(self, path: Path):
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["stage_m"]]
        times = [datetime.fromisoformat(row["time_utc"]).timestamp() for row in rows]
        self.times_ms = [round((at - times[0]) * 1000) for at in times]
        self.stages_mm = [float(row["stage_m"]) * 1000 for row in rows]

    def stage_mm(self, at_ms: int) -> float:
        after = bisect.bisect_right(self.times_ms, at_ms)
        if after == len(self.times_ms):
            return self.stages_mm[-1]
        t0, t1 = self.times_ms[after - 1 : after + 1]
        s0, s1 = self.stages_mm[after - 1 : after + 1]
        return s0 + (s1 - s0) * (at_ms - t0) / (t1 - t0)

    def crossings(self, mark_mm: int) -> list[int]:
        """When the stage rises over a mark after it was below the mark less the hysteresis."""
        found = []
        armed = True
        for at in range(1, len(self.times_ms)):
            s0, s1 = self.stages_mm[at - 1 : at + 1]
            armed = armed or s0 < mark_mm - HYSTERESIS_MM
            if armed and s0 < mark_mm <= s1:
                t0, t1 = self.times_ms[at - 1 : at + 1]
                found.append(round(t0 + (t1 - t0) * (mark_mm - s0) / (s1 - s0)))
                armed = False
        return found


class Bench:
    """Board, link and sensor in one: what the node is handed."""

    NAME = "bench"
    NUMBER = 0

    def __init__(self, creek: Creek, seed: int):
        self._creek = creek
        self._rng = random.Random(seed)
        self._stores: dict[str, dict[str, bytes]] = {"flash": {}, "rtc": {"greet": b"\x01"}}
        self.at_ms = 0
        self.air_us = 0
        self.sent: list[tuple[int, int, bytes]] = []

    def clock(self) -> "Bench":
        return self

    def flash(self) -> "Store":
        return Store(self._stores["flash"])

    def rtc(self) -> "Store":
        return Store(self._stores["rtc"])

    def battery(self) -> int:
        return 360

    def randrange(self, stop: int) -> int:
        return self._rng.randrange(stop)

    def log(self, line: str) -> None:
        """Nobody reads it here."""

    def forget(self) -> None:
        """Memory is not scarce here."""

    def reset_cause(self) -> int:
        return 4 if self._stores["rtc"] else 1

    def now_ms(self) -> int:
        return self.at_ms

    async def sleep_ms(self, duration_ms: int) -> None:
        self.at_ms += duration_ms

    async def read(self) -> dict[str, int | str]:
        self.at_ms += READ_MS
        stage_mm = self._creek.stage_mm(self.at_ms)
        return {"distance": round(MOUNT_MM - stage_mm + self._rng.gauss(0, NOISE_MM)), "temperature": 105}

    def joined(self) -> bool:
        return True

    async def join(self) -> bool:
        return True

    async def room(self) -> int:
        return 115

    def ask_time(self) -> None:
        """A perfect link costs the airtime of its frames."""

    async def utc_ms(self) -> int:
        return 1763800000000

    def why(self) -> list[str]:
        return []

    def wait_ms(self, is_alarm: bool = False, size: int = 0) -> int:
        return 0

    async def send(
        self, fport: int, payload: bytes, confirmed: bool = False, is_alarm: bool = False
    ) -> Downlink:
        self.sent.append((self.at_ms, fport, payload))
        self.air_us += airtime.airtime_us(FRAME_BYTES + len(payload), SF, 125000)
        self.at_ms += WINDOWS_MS
        return Downlink(None, b"", True, False)


class Store:
    def __init__(self, values: dict[str, bytes]):
        self._values = values

    def get(self, key: str) -> bytes | None:
        return self._values.get(key)

    def put(self, key: str, value: bytes) -> None:
        self._values[key] = value


class Result(NamedTuple):
    days: float
    wakes_a_day: float
    reports: int
    alarms: int
    air_ratio: float
    late_s: list[float]


def play(creek: Creek, seed: int = 1) -> Result:
    """One node over the whole recording."""
    bench = Bench(creek, seed)
    settled = node_config.check(
        {
            "sensors": [{"part": "a02yyuw", "port": 1}],
            "marks_mm": [MOUNT_MM - mark_mm for mark_mm in MARKS_MM],
            "hysteresis_mm": HYSTERESIS_MM,
        }
    )
    settled["faulty"] = False
    end_ms = creek.times_ms[-1]
    wakes = 0
    while bench.at_ms < end_ms:
        pause_ms = run(Node(bench, settled, lambda: [bench], lambda: bench).wake())  # type: ignore[arg-type,list-item,return-value]
        bench.at_ms += pause_ms
        wakes += 1
    days = end_ms / 86400e3
    alarms = [(at_ms, payload) for at_ms, fport, payload in bench.sent if fport == 3]
    fixed_us = days * 96 * airtime.airtime_us(FRAME_BYTES + len(_report_of_fixed_node()), SF, 125000)
    return Result(
        days,
        wakes / days,
        sum(1 for _, fport, _ in bench.sent if fport == 1),
        len(alarms),
        bench.air_us / fixed_us,
        _late_s(creek, alarms),
    )


def _report_of_fixed_node() -> bytes:
    """What a node sends that knows nothing but a report each 15 minutes."""
    return report.encode({"distance": 2600, "temperature": 105})


def _late_s(creek: Creek, alarms: list[tuple[int, bytes]]) -> list[float]:
    """Of each true crossing, how long until an alarm of that mark or a higher one left."""
    told = [(at_ms, message.decode(payload)) for at_ms, payload in alarms]
    late = []
    for place, mark_mm in enumerate(MARKS_MM):
        over = [at_ms for at_ms, said in told if isinstance(said, message.Alarm) and said.mark > place]
        for crossing_ms in creek.crossings(mark_mm):
            after = bisect.bisect_left(over, crossing_ms - 60000)  # the sensor's noise may be ahead
            found = over[after] if after < len(over) else creek.times_ms[-1]
            late.append((found - crossing_ms) / 1000)
    return sorted(late)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of them do not exceed."""
    return values[max(0, math.ceil(len(values) * share) - 1)]


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MESSFUNK_DATA", "../shared/data"))
    print("| creek | days | wakes/day | airtime to fixed 15 min | crossings | alarm after p50 | p95 | max |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    late: list[float] = []
    for name in CREEKS:
        result = play(Creek(folder / "water" / name))
        late += result.late_s
        print(_row(name, result, result.late_s))
    late.sort()
    print(f"| both | | | | {len(late)} | {_spread(late)} |")


def _row(name: str, result: Result, late: list[float]) -> str:
    cells = (name, f"{result.days:.0f}", f"{result.wakes_a_day:.0f}", f"{result.air_ratio:.2f}", len(late))
    return f"| {' | '.join(str(cell) for cell in cells)} | {_spread(late)} |"


def _spread(late: list[float]) -> str:
    return " | ".join(f"{s:.0f} s" for s in (percentile(late, 0.5), percentile(late, 0.95), late[-1]))


if __name__ == "__main__":
    main()
