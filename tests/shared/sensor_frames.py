"""Reference frames of every part that talks in a stream, and what they say.

Published or captured: A02YYUW 1953 (DFRobot), JSN 224 (ESPHome), SDS011, PMS5003 and SPS30 (PyPMS, MIT), the
PMS acknowledgement (airRohr). The others are made by hand where a format is weakest: heads among the data.
"""

from firmware.sensors import (
    a02yyuw,
    jsn_sr04t_serial,
    maxbotix,
    modbus_radar,
    pms5003,
    sds011,
    sps30,
)

# name: parse, sure, ((frame, reading), ...). None is a frame that carries no reading.
FORMATS = {
    "a02yyuw": (
        a02yyuw.parse,
        False,
        (
            ("ff07a1a7", 1953),  # DFRobot's own example
            ("ff01ffff", 511),  # the low byte is a head
            ("ff05ff03", 1535),
            ("ff001f1e", 31),
            ("ff1194a4", 4500),
        ),
    ),
    "jsn": (
        jsn_sr04t_serial.parser("jsn"),
        False,
        (("ff00e0df", 224), ("ff01ffff", 511), ("ff04d2d5", 1234), ("ff177086", 6000)),
    ),
    "aj": (
        jsn_sr04t_serial.parser("aj"),
        False,
        (("ff00e0e0", 224), ("ff01ff00", 511), ("ff04d2d6", 1234), ("ff177087", 6000)),
    ),
    "maxbotix": (
        maxbotix.parse,
        True,
        ((b"R1234\r".hex(), 1234), (b"R0301\r".hex(), 301), (b"R4999\r".hex(), 4999)),
    ),
    "modbus": (
        modbus_radar.parser(1, 1),
        True,
        (
            ("01030207d0bbe8", 2000),
            ("0103020103f9d5", 259),  # data that look like a request
        ),
    ),
    "sds011": (
        sds011.parse,
        True,
        (
            ("aac00600060058d93dab", (6, 6)),
            ("aac00900090058d943ab", (9, 9)),
            ("aac00800080058d941ab", (8, 8)),
            ("aac000000000000000ab", (0, 0)),  # clean air
            ("aac0d4043a0aa1601dab", (1236, 2618)),
        ),
    ),
    "pms5003": (
        pms5003.parse,
        True,
        (
            ("424d001c00000008000800000008000800d20046002d001e00000000970002c5", (0, 80, 80)),
            ("424d001c00000007000700000007000700bd003f002a001b000000009700029f", (0, 70, 70)),
            ("424d0004e4000177", None),  # an acknowledgement amid the stream
            ("424d001c" + 26 * "00" + "00ab", (0, 0, 0)),  # clean air: the sum is 00AB
            (
                "424d001c" + 24 * "00" + "97000142",
                (0, 0, 0),
            ),  # version 97: the sum ends like a head
        ),
    ),
    "sps30": (
        sps30.parse,
        True,
        (
            (
                "7e0003002840df03da417d3162ae41279e32412c107d5e42307d5ed34255c04c425e0908425fa28a425fe4433f40fa1fff7e",
                (70, 91, 105, 108),
            ),
            ("7e00030000fc7e", None),  # no new data
            ("7e007d314300ab7e", None),  # the answer to a wake-up of one that is awake
        ),
    ),
}


def sensible(name):
    """[(frame, reading)] of a format."""
    return [(bytes.fromhex(frame), reading) for frame, reading in FORMATS[name][2]]


def readings(frames):
    return [reading for _, reading in frames if reading is not None]
