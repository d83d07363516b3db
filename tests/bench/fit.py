"""Fits the constants of codec/registry.py to the first halves of the recordings, judges them on the second.

Run once before schema 1 was frozen; run again it shows what they rest on: `python -m tests.bench.fit`.
"""

from collections.abc import Iterable
from itertools import chain, permutations

from codec.message import ROWS
from tests.bench.recordings import Timed, creek, days_of_street, dust, halves, street

# Of the centres that cost at most this many bytes more than the best one, the one nearest to `lean` is taken:
# the bins of other particle counters lie closer together than those of the recorded one (an SPS30 gives PM10
# less PM2.5 = 1.7 ug/m3, a PMS5003 in clean air 0), and the curve of the cost is flat there.
TOLERANCE_BYTES = 0.05


def integer_bytes(value: int) -> int:
    """The size of an integer (RFC 8949 section 3)."""
    argument = -1 - value if value < 0 else value
    return 1 if argument < 24 else 2 if argument < 0x100 else 3 if argument < 0x10000 else 5


def mean_bytes(differences: dict[int, int], centre: int) -> float:
    return sum(n * integer_bytes(value - centre) for value, n in differences.items()) / sum(
        differences.values()
    )


def best_centre(differences: dict[int, int], lean: int | None) -> int:
    cost = {c: mean_bytes(differences, c) for c in range(min(differences), max(differences) + 1)}
    least = min(cost.values())
    if lean is None:
        return min(cost, key=lambda c: cost[c])
    return min((c for c in cost if cost[c] <= least + TOLERANCE_BYTES), key=lambda c: abs(c - lean))


def differences(name: str, reports: Iterable[Timed]) -> dict[int, int]:
    """How often each difference to what is expected at a centre of zero occurs."""
    reference = ROWS[next(row for row in ROWS if row.name == name).reference or 0].name
    is_relative = next(row for row in ROWS if row.name == name).reference is not None
    counts: dict[int, int] = {}
    for _, values in reports:
        value, base = values.get(name), values.get(reference, 0) if is_relative else 0
        if isinstance(value, int) and isinstance(base, int):
            difference = value - base
            counts[difference] = counts.get(difference, 0) + 1
    return counts


# What nodes send, by the quantities that stand for their groups, and how often in a day of 96 reports.
KINDS = (
    {"distance", "temperature"},
    {"laeq"},
    {"laeq", "temperature", "humidity"},
    {"pm25", "temperature", "humidity"},
    {"pm25", "pm1", "temperature", "humidity"},
)
EXTRAS = (({*()}, 82), ({"number"}, 8), ({"battery"}, 4), ({"age_s"}, 1), ({"status"}, 1))
ORDERED = (
    "humidity",
    "temperature",
    "pm25",
    "distance",
    "laeq",
    "pm1",
    "battery",
    "number",
    "age_s",
    "status",
)


def slot_bytes(bit_of: dict[str, int]) -> float:
    """The mean size of slot 0 over all kinds of nodes."""
    total = sum(
        often * integer_bytes(sum(1 << bit_of[name] for name in kind | extra) - 16)
        for kind in KINDS
        for extra, often in EXTRAS
    )
    return total / (96 * len(KINDS))


def holds_back_a_level(bit_of: dict[str, int]) -> bool:
    """Whether distance, temperature and an age fit into the 11 bytes of US915's slowest data rate."""
    return integer_bytes(sum(1 << bit_of[name] for name in ("distance", "temperature", "age_s")) - 16) <= 2


def show_bit_order() -> None:
    """The order in force against all others of its first eight bits, on which the size hangs."""
    in_force = {row.name: row.bit for row in ROWS if row.name in ORDERED}
    orders = [
        {**in_force, **{name: bit for bit, name in enumerate(order)}} for order in permutations(ORDERED[:8])
    ]
    fit = [slot_bytes(order) for order in orders if holds_back_a_level(order)]
    assert holds_back_a_level(in_force)
    print(
        f"slot 0: {slot_bytes(in_force):.4f} bytes in force, the best of {len(fit)} orders has {min(fit):.4f}"
    )


def main() -> None:
    show_bit_order()
    creeks = [halves(creek(file)) for file in ("plumtree_run_2018_5min.csv", "dead_run_2018-06_5min.csv")]
    dusts = halves(dust())
    streets = street()
    days = halves(days_of_street())
    water = [list(chain.from_iterable(part)) for part in zip(*creeks, strict=True)]
    plan = [
        ("distance", water, None),
        ("pm25", dusts, None),
        ("pm10", dusts, 0),
        ("pm4", dusts, 0),
        ("pm1", dusts, 0),
        ("laeq", days, None),
        ("lafmax", streets, None),
        ("l10", streets, None),
        ("l90", streets, None),
    ]
    print("quantity   centre  in force  bytes first half  bytes second half  best of second half")
    for name, (first, second), lean in plan:
        fitted = best_centre(differences(name, first), lean)
        judged = differences(name, second)
        in_force = next(row.centre for row in ROWS if row.name == name)
        best = min(mean_bytes(judged, centre) for centre in range(-300, 2500))
        print(
            f"{name:10} {fitted:6}  {in_force:8}  {mean_bytes(differences(name, first), fitted):16.3f}"
            f"  {mean_bytes(judged, fitted):17.3f}  {best:19.3f}"
        )


if __name__ == "__main__":
    main()
