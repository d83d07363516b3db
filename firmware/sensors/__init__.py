"""One file per sensor part: its bytes parsed sans-IO, beside a class that talks to the bus.

Only the parts that a node's config names are loaded. A part's module says what it needs: BUS, BAUDRATE,
WARMUP_MS, and in OPTIONS the keys of its row as (default, least, most), (default, choices) or (default, dict)
for a part within a part; a key whose default is None must be given, a part whose default is False may be.
"""

# Name in the config: module, class.
PARTS = {
    "a02yyuw": ("a02yyuw", "A02YYUW"),
    "jsn_sr04t": ("jsn_sr04t", "JSNSR04T"),
    "jsn_sr04t_serial": ("jsn_sr04t_serial", "JSNSR04TSerial"),
    "mb7369": ("maxbotix", "MaxBotix"),
    "mb7389": ("maxbotix", "MaxBotix"),
    "current_loop": ("current_loop", "CurrentLoop"),
    "modbus_radar": ("modbus_radar", "ModbusRadar"),
    "tipping_bucket": ("tipping_bucket", "TippingBucket"),
    "sds011": ("sds011", "SDS011"),
    "pms5003": ("pms5003", "PMS5003"),
    "pms7003": ("pms5003", "PMS5003"),
    "sps30": ("sps30", "SPS30"),
    "sps30_i2c": ("sps30_i2c", "SPS30I2C"),
    "inmp441": ("i2s_microphone", "INMP441"),
    "ics43434": ("i2s_microphone", "ICS43434"),
    "sen0232": ("sen0232", "SEN0232"),
    "bme280": ("bme280", "BME280"),
    "sht3x": ("sht3x", "SHT3x"),
    "battery": ("battery", "Battery"),
}

# Keys of every row beside OPTIONS: `power` is the switch of the part's supply, `sample_s` is the node's.
_COMMON = ("part", "port", "power", "warmup_ms", "sample_s")
_LONGEST_WARMUP_MS = 120000


def create(row: "dict[str, Any]", board: "Board", clock: "Clock") -> "Sensor":
    """The sensor of a row such as {"part": "a02yyuw", "port": 1}; ValueError names what is wrong with it."""
    options = check(row)
    module = _module(row["part"])
    for name in options:
        if module.OPTIONS[name][1] is dict:
            options[name] = create(options[name], board, clock) if options[name] else None
    bus = _open(row, module, options, board)
    sensor = getattr(module, PARTS[row["part"]][1])(bus, clock, **options)
    if "power" not in row:
        return sensor
    from firmware.sensors.switched import Switched

    return Switched(
        sensor, clock, _of(board, "power", row)(row["power"]), row.get("warmup_ms", module.WARMUP_MS)
    )


def check(row: "dict[str, Any]") -> "dict[str, Any]":
    """The options of a row, defaults filled in. Needs no board: it judges the row also at build time."""
    part = row.get("part")
    if not isinstance(part, str) or part not in PARTS:
        raise ValueError(f"unknown sensor part {part!r}: known are {', '.join(sorted(PARTS))}")
    _number(part, "port", row.get("port"), 0, 255)
    _number(part, "power", row.get("power", 0), 0, 255)
    _number(part, "warmup_ms", row.get("warmup_ms", 0), 0, _LONGEST_WARMUP_MS)
    options = _module(part).OPTIONS
    for key in sorted(row):
        if key not in options and key not in _COMMON:
            known = ", ".join(sorted(list(_COMMON) + list(options)))
            raise ValueError(f"{part}: unknown key {key!r}: known are {known}")
    return {name: _option(part, name, row, options[name]) for name in sorted(options)}


def check_all(rows: "list[dict[str, Any]]") -> None:
    """Each row by itself, and that no two want the same port; on I2C several parts may share one."""
    taken: dict[tuple[Any, ...], str] = {}
    for row in rows:
        options = check(row)
        bus = _module(row["part"]).BUS
        place: tuple[Any, ...] = (bus, row["port"])
        if bus == "i2c":
            place += (options.get("address"), options.get("channel"))
        if place in taken:
            raise ValueError(f"{row['part']}: {bus} {row['port']} is taken by {taken[place]}")
        taken[place] = row["part"]


def _option(part: str, name: str, row: "dict[str, Any]", rule: "tuple[Any, ...]") -> "Any":
    value = row.get(name, rule[0])
    if rule[1] is dict:
        if value is False and rule[0] is False:
            return None
        if not isinstance(value, dict):
            raise ValueError(
                f'{part}: {name} must be a part such as {{"part": "sht3x", "port": 0}}, not {value!r}'
            )
        check(value)
    elif len(rule) == 2:
        if value not in rule[1] or isinstance(value, bool):
            raise ValueError(
                f"{part}: {name} must be one of {', '.join([str(x) for x in rule[1]])}, not {value!r}"
            )
    else:
        _number(part, name, value, rule[1], rule[2])
    return value


def _number(part: str, name: str, value: "Any", least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{part}: {name} must be a whole number from {least} to {most}, not {value!r}")


def _open(row: "dict[str, Any]", module: "Any", options: "dict[str, Any]", board: "Board") -> "Any":
    """The part's bus on the board. What only the bus needs is taken out of `options`."""
    open_bus = _of(board, module.BUS, row)
    if module.BUS == "uart":
        baudrate = options.pop("baudrate", module.BAUDRATE)
        if "parity" in options:
            return open_bus(row["port"], baudrate, options.pop("parity"))
        return open_bus(row["port"], baudrate)
    if module.BUS == "i2s":
        return open_bus(row["port"], options["rate_hz"])
    if module.BUS == "counter":
        options["rtc"] = board.rtc()
    return open_bus(row["port"])


def _of(board: "Board", name: str, row: "dict[str, Any]") -> "Any":
    if not hasattr(board, name):
        raise ValueError(f"{row['part']}: board {board.NAME} has no {name}")
    return getattr(board, name)


def _module(part: str) -> "Any":
    return __import__("firmware.sensors." + PARTS[part][0], None, None, ("*",))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Board, Clock, Sensor
