"""One file per sensor part: its bytes parsed sans-IO, beside a class that talks to the bus.

Only the parts that a node's config names are loaded. A file says by CLASSES which parts it holds, and what
they need: BUS, BAUDRATE, WARMUP_MS, and in OPTIONS the keys of their row as (default, least, most), (default,
choices) or (default, dict) for a part within a part; a key whose default is None must be given, a part whose
default is False may be.
"""

# Parts whose file has another name than they.
_FILES = {
    "mb7369": "maxbotix",
    "mb7389": "maxbotix",
    "pms7003": "pms5003",
    "inmp441": "i2s_microphone",
    "ics43434": "i2s_microphone",
}


def create(row: "dict[str, Any]", board: "Board", clock: "Clock") -> "Sensor":
    """The sensor of a row that `rules.check` found right; ValueError when the board has no such bus."""
    module = module_of(row["part"])
    options = {name: row.get(name, module.OPTIONS[name][0]) for name in module.OPTIONS}
    for name in sorted(options):  # MicroPython's dicts have no order
        if module.OPTIONS[name][1] is dict:
            options[name] = create(options[name], board, clock) if options[name] else None
    bus = _open(row, module, options, board)
    sensor = module.CLASSES[row["part"]](bus, clock, **options)
    if "power" not in row:
        return sensor
    from firmware.sensors.switched import Switched

    return Switched(
        sensor, clock, _of(board, "power", row)(row["power"]), row.get("warmup_ms", module.WARMUP_MS)
    )


def _open(row: "dict[str, Any]", module: "Any", options: "dict[str, Any]", board: "Board") -> "Any":
    """The part's bus on the board. What only the bus needs is taken out of `options`."""
    open_bus = _of(board, module.BUS, row)
    pins = [row["pins"]] if "pins" in row else []
    if module.BUS == "uart":
        baudrate = options.pop("baudrate", module.BAUDRATE)
        if "parity" in options:
            return open_bus(row["port"], baudrate, options.pop("parity"))
        return open_bus(row["port"], baudrate)
    if module.BUS == "i2s":
        return open_bus(row["port"], options["rate_hz"], *pins)
    if module.BUS == "counter":
        options["rtc"] = board.rtc()
    return open_bus(row["port"], *pins)


def _of(board: "Board", name: str, row: "dict[str, Any]") -> "Any":
    if not hasattr(board, name):
        raise ValueError(f"{row['part']}: board {board.NAME} has no {name}")
    return getattr(board, name)


def is_bare(row: "dict[str, Any]") -> bool:
    """Whether it wants pins of its own; the board's own ports are no two on one pin."""
    return "power" in row or module_of(row["part"]).BUS not in ("uart", "i2c")


def module_of(part: str) -> "Any":
    return __import__("firmware.sensors." + file_of(part), None, None, ("*",))


def file_of(part: str) -> str:
    return _FILES.get(part, part)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Board, Clock, Sensor
