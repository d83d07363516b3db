-- A further kind of alarm: a second address speaks for a gateway that goes on.

CREATE TABLE alarm_new (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    kind            TEXT NOT NULL CHECK (kind IN ('mark', 'rise', 'node', 'silence', 'gateway_silence', 'conflict')),
    subject         TEXT NOT NULL,                 -- of one subject one alarm at most is open
    site_id         TEXT,
    mark_id         INTEGER,
    dev_eui         TEXT,
    gateway_id      TEXT,
    uplink_id       TEXT,                          -- what raised it
    quantity        TEXT,
    value           REAL,
    peak            REAL,
    measured_at     INTEGER NOT NULL,
    raised_at       INTEGER NOT NULL,
    cleared_at      INTEGER,
    acknowledged_at INTEGER,
    acknowledged_by TEXT,
    drill           INTEGER NOT NULL DEFAULT 0 CHECK (drill IN (0, 1))
) STRICT;
INSERT INTO sqlite_sequence SELECT 'alarm_new', seq FROM sqlite_sequence WHERE name = 'alarm';
INSERT INTO alarm_new SELECT * FROM alarm;
DROP TABLE alarm;
ALTER TABLE alarm_new RENAME TO alarm;
CREATE UNIQUE INDEX alarm_open ON alarm (subject) WHERE cleared_at IS NULL;
CREATE INDEX alarm_by_time ON alarm (raised_at, id);

-- Under which name an LNS knows a downlink that it was handed: its answers bear it.
ALTER TABLE downlink ADD COLUMN reference TEXT;
CREATE INDEX downlink_by_reference ON downlink (reference) WHERE reference IS NOT NULL;
