"""The sensor parts a scenario may name: each as a row of the firmware's config, on a port of its own."""

from typing import Any

from firmware.sensors import rules
from simulator.twins import TWINS, address_of

_SHT3X = {"part": "sht3x", "port": 0}

ROWS: dict[str, dict[str, Any]] = {
    "a02yyuw": {"part": "a02yyuw", "port": 1},
    "jsn_sr04t": {"part": "jsn_sr04t", "port": 1, "climate": _SHT3X},
    "jsn_sr04t_serial": {"part": "jsn_sr04t_serial", "port": 3, "variant": "jsn", "climate": _SHT3X},
    "mb7369": {"part": "mb7369", "port": 4},
    "mb7389": {"part": "mb7389", "port": 5},
    "current_loop": {"part": "current_loop", "port": 0, "shunt_ohm": 150, "span_mm": 5000},
    "modbus_radar": {"part": "modbus_radar", "port": 6, "register": 0x15},
    "tipping_bucket": {"part": "tipping_bucket", "port": 1, "tip_um": 200},
    "sds011": {"part": "sds011", "port": 2},
    "pms5003": {"part": "pms5003", "port": 7},
    "pms7003": {"part": "pms7003", "port": 8},
    "sps30": {"part": "sps30", "port": 9},
    "sps30_i2c": {"part": "sps30_i2c", "port": 0},
    "inmp441": {"part": "inmp441", "port": 1, "rate_hz": 24000, "window_s": 5},
    "ics43434": {"part": "ics43434", "port": 2, "rate_hz": 24000, "window_s": 5},
    "sen0232": {"part": "sen0232", "port": 1, "window_s": 10},
    "bme280": {"part": "bme280", "port": 0},
    "sht3x": _SHT3X,
    "battery": {"part": "battery", "port": 2, "upper_kohm": 100, "lower_kohm": 100},
}


def row_of(named: str | dict[str, Any]) -> dict[str, Any]:
    """A part by its name, or by the keys in which it differs from its row; ValueError says what is wrong."""
    given = {"part": named} if isinstance(named, str) else named
    usual = ROWS.get(str(given.get("part")), {})
    row = {**usual, **given}
    rules.check(row)
    return row


def checked(named: list[str | dict[str, Any]]) -> list[str | dict[str, Any]]:
    """What a scenario names, if each part is right and has its place to itself."""
    taken: dict[tuple[Any, ...], str] = {}
    for row in map(row_of, named):
        bus = TWINS[row["part"]][0]
        place = (bus, row["port"], address_of(row) if bus == "i2c" else None)
        if place in taken:
            raise ValueError(f"{row['part']}: {bus} {row['port']} is taken by {taken[place]}")
        taken[place] = row["part"]
    return named
