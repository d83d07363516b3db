"""What encoding needs to know of each quantity; the one table from which every decoder is derived.

Frozen with schema 1: rows are never changed, moved or removed, and new ones, of new bits, go to the end.
Units and texts stand in codec/quantities.py, which a device never loads.
"""

ABSOLUTE = None

# A row is a quantity; its place is its number. Rows of one bit are a group: a report has all of them or none.
# Centre, least and most are in steps of the quantity's resolution. An integer on the wire is the value less
# the centre, and less the value of the quantity whose number stands in the last column.
# The table is flat because a device keeps it in half the memory of nested tuples.
TABLE = (
    # bit  name       centre  least   most    relative to
    0,  "humidity",       75,     0,    100,  ABSOLUTE,
    1,  "temperature",   100,  -400,    850,  ABSOLUTE,
    2,  "pm25",           32,     0,  10000,  ABSOLUTE,
    2,  "pm10",           23,     0,  10000,  2,
    3,  "distance",     1654,     0,  40000,  ABSOLUTE,
    4,  "laeq",          510,   200,   1300,  ABSOLUTE,
    4,  "lafmax",         41,   200,   1300,  5,
    4,  "l10",             4,   200,   1300,  5,
    4,  "l90",           -27,   200,   1300,  5,
    5,  "pm4",             4,     0,  10000,  2,
    5,  "pm1",            -8,     0,  10000,  2,
    6,  "battery",       360,     0,   3000,  ABSOLUTE,
    7,  "number",          0,     0,  65535,  ABSOLUTE,
    8,  "age_s",           0,    11,  65535,  ABSOLUTE,
    9,  "status",          0,     0,  65535,  ABSOLUTE,
    10, "rain",            0,     0,  10000,  ABSOLUTE,
    10, "rain_total",      0,     0, 100000000, ABSOLUTE,
    11, "pressure",     9900,  3000,  11000,  ABSOLUTE,
    12, "charge",         77,     0,    100,  ABSOLUTE,
    13, "reset_cause",     0,     0,    255,  ABSOLUTE,
    14, "head",          346, -1000, 100000,  ABSOLUTE,
)  # fmt: skip

# A fault's place is its code. One string between blanks, for what a tuple would take of a device's memory.
FAULTS = (
    " unknown no_answer bad_data no_echo too_near out_of_range unstable not_ready stuck wire_break"
    " sensor_error overload low_supply no_room "
)
