-- What is remembered of each series to judge its next value; hours and days; dust as it would be dry; running numbers.

CREATE TABLE judged (
    dev_eui   TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    quantity  TEXT NOT NULL,
    time      INTEGER NOT NULL,
    value     REAL NOT NULL,
    since     INTEGER NOT NULL,                    -- it stands still since then
    before    REAL,                                -- the value before it
    PRIMARY KEY (dev_eui, quantity)
) STRICT, WITHOUT ROWID;

CREATE TABLE hourly (
    dev_eui   TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    quantity  TEXT NOT NULL,
    start_ms  INTEGER NOT NULL,
    readings  INTEGER NOT NULL,                    -- how many, without those that failed
    total     REAL NOT NULL,                       -- of values; of 10^(dB/10) for noise
    least     REAL NOT NULL,
    most      REAL NOT NULL,
    PRIMARY KEY (dev_eui, quantity, start_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE daily (
    dev_eui   TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    quantity  TEXT NOT NULL,
    start_ms  INTEGER NOT NULL,
    readings  INTEGER NOT NULL,
    total     REAL NOT NULL,
    least     REAL NOT NULL,
    most      REAL NOT NULL,
    PRIMARY KEY (dev_eui, quantity, start_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE corrected (
    dev_eui   TEXT NOT NULL,
    quantity  TEXT NOT NULL,
    model     TEXT NOT NULL,                       -- with its version
    time      INTEGER NOT NULL,
    uplink_id TEXT NOT NULL REFERENCES uplink (id) ON DELETE CASCADE,
    value     REAL NOT NULL,
    PRIMARY KEY (dev_eui, quantity, model, time, uplink_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX corrected_by_uplink ON corrected (uplink_id);

CREATE TABLE numbered (                            -- which readings of a node's journal have come
    dev_eui   TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    time      INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    PRIMARY KEY (dev_eui, time, number)
) STRICT, WITHOUT ROWID;
