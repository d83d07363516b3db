"""Judges the rows of a config's sensors by what each part's module says of itself; needs no board."""

from firmware.sensors import module_of

PARTS = (
    "a02yyuw",
    "jsn_sr04t",
    "jsn_sr04t_serial",
    "mb7369",
    "mb7389",
    "current_loop",
    "modbus_radar",
    "tipping_bucket",
    "sds011",
    "pms5003",
    "pms7003",
    "sps30",
    "sps30_i2c",
    "inmp441",
    "ics43434",
    "sen0232",
    "bme280",
    "sht3x",
    "battery",
)

# Keys of every row beside OPTIONS: `power` is the switch of the part's supply, `sample_s` is the node's,
# `pins` are those of a bus that no board has, as firmware.wiring knows them.
_COMMON = ("part", "port", "pins", "power", "warmup_ms", "sample_s")
_LONGEST_WARMUP_MS = 120000


def check(row: "dict[str, Any]") -> "dict[str, Any]":
    """The options of a row such as {"part": "a02yyuw", "port": 1}, defaults filled in; else ValueError."""
    part = row.get("part")
    if not isinstance(part, str) or part not in PARTS:
        raise ValueError(f"unknown sensor part {part!r}: known are {', '.join(sorted(PARTS))}")
    _number(part, "port", row.get("port"), 0, 255)
    _number(part, "power", row.get("power", 0), 0, 255)
    _number(part, "warmup_ms", row.get("warmup_ms", 0), 0, _LONGEST_WARMUP_MS)
    options = module_of(part).OPTIONS
    for key in sorted(row):
        if key not in options and key not in _COMMON:
            known = ", ".join(sorted(list(_COMMON) + list(options)))
            raise ValueError(f"{part}: unknown key {key!r}: known are {known}")
    return {name: _option(part, name, row, options[name]) for name in sorted(options)}


def judge(rows: "list[dict[str, Any]]") -> "tuple[list[dict[str, Any]], list[str]]":
    """The rows that can run side by side, and of each other what is wrong with it.

    No two may want the same port; on I2C several parts may share one.
    """
    good: list[dict[str, Any]] = []
    complaints: list[str] = []
    taken: dict[tuple[Any, ...], str] = {}
    for row in rows:
        try:
            place = _place(row, check(row))
        except ImportError:
            complaints.append(f"{row['part']}: its file is not on this node: build and flash it anew")
            continue
        except (ValueError, TypeError, AttributeError) as error:
            complaints.append(str(error))
            continue
        if place in taken:
            complaints.append(f"{row['part']}: {place[0]} {row['port']} is taken by {taken[place]}")
            continue
        taken[place] = row["part"]
        good.append(row)
    return good, complaints


def _place(row: "dict[str, Any]", options: "dict[str, Any]") -> "tuple[Any, ...]":
    bus = module_of(row["part"]).BUS
    if bus == "i2c":
        return bus, row["port"], options.get("address"), options.get("channel")
    return bus, row["port"]


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


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
