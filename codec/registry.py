"""What encoding needs to know of each quantity; the one table from which every decoder is derived.

Frozen with schema 1: a group keeps its bit, a quantity its number, centre, range and reference, a fault its
code; new ones go to the end. Units and texts stand in codec/quantities.py, which a device never loads.
"""

SCHEMA = 1

# Slot 0 of a report is its bitmap less this, so that the bitmaps 0..39 fit into one byte.
BITMAP_BIAS = 16

# A group's place is its bit in the bitmap. Of each quantity: name, centre, least and most in steps of its
# resolution, and the number of the quantity it is relative to. An integer on the wire is the value less the
# centre less the value of the reference, for which its centre stands where a message has no value of it.
GROUPS = (
    (("pm25", 32, 0, 10000, None), ("pm10", 24, 0, 10000, 0)),
    (("temperature", 100, -400, 850, None),),
    (("humidity", 75, 0, 100, None),),
    (("pm1", -10, 0, 10000, 0), ("pm4", 10, 0, 10000, 0)),
    (
        ("laeq", 480, 200, 1300, None),
        ("lafmax", 50, 200, 1300, 6),
        ("l10", 10, 200, 1300, 6),
        ("l90", -30, 200, 1300, 6),
    ),
    (("distance", 1650, 0, 40000, None),),
    (("battery", 360, 0, 3000, None),),
    (("number", 0, 0, 65535, None),),
    (("age_s", 0, 11, 2678400, None),),
    (("status", 0, 0, 65535, None),),
    (("rain", 0, 0, 10000, None), ("rain_total", 0, 0, 100000000, None)),
    (("pressure", 9900, 3000, 11000, None),),
    (("charge", 77, 0, 100, None),),
    (("reset_cause", 0, 0, 255, None),),
    (("head", 500, -1000, 100000, None),),
)  # fmt: skip

# A quantity's number is its place here.
QUANTITIES = tuple([row for group in GROUPS for row in group])

# A fault's code is its place here.
FAULTS = (
    "unknown",
    "no_answer",
    "bad_data",
    "no_echo",
    "too_near",
    "out_of_range",
    "unstable",
    "not_ready",
    "stuck",
    "wire_break",
    "sensor_error",
    "overload",
    "low_supply",
    "no_room",
)
