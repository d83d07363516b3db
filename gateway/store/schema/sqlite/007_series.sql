-- Readings lie as they are read: by series and time. The newest of each series stands apart, receptions have numbers.

CREATE TABLE reading_new (
    dev_eui   TEXT NOT NULL,
    quantity  TEXT NOT NULL,
    time      INTEGER NOT NULL,                    -- received_at less the age the report carries
    uplink_id TEXT NOT NULL REFERENCES uplink (id) ON DELETE CASCADE,
    value     REAL,                                -- NULL exactly when fault is a name
    fault     TEXT,
    flag      INTEGER NOT NULL DEFAULT 2,          -- QARTOD 1, 2, 3, 4 or 9
    CHECK ((value IS NULL) = (fault IS NOT NULL)),
    PRIMARY KEY (dev_eui, quantity, time, uplink_id)  -- a batch brings many readings of one quantity
) STRICT, WITHOUT ROWID;
INSERT INTO reading_new SELECT dev_eui, quantity, time, uplink_id, value, fault, flag FROM reading;
DROP TABLE reading;
ALTER TABLE reading_new RENAME TO reading;
CREATE INDEX reading_by_uplink ON reading (uplink_id);

CREATE TABLE newest (
    dev_eui   TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    quantity  TEXT NOT NULL,
    time      INTEGER NOT NULL,
    value     REAL,
    fault     TEXT,
    flag      INTEGER NOT NULL,
    uplink_id TEXT NOT NULL,
    PRIMARY KEY (dev_eui, quantity)
) STRICT, WITHOUT ROWID;
INSERT INTO newest SELECT dev_eui, quantity, time, value, fault, flag, uplink_id FROM (
    SELECT *, row_number() OVER (PARTITION BY dev_eui, quantity ORDER BY time DESC, uplink_id DESC) AS place
    FROM reading
) WHERE place = 1;

CREATE TABLE reception_new (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    uplink_id    TEXT NOT NULL REFERENCES uplink (id) ON DELETE CASCADE,
    gateway_id   TEXT NOT NULL,
    received_at  INTEGER NOT NULL,
    rssi_dbm     REAL,
    snr_db       REAL,
    frequency_hz INTEGER,
    data_rate    TEXT,
    tmst         INTEGER
) STRICT;
INSERT INTO reception_new SELECT rowid, * FROM reception;
DROP TABLE reception;
ALTER TABLE reception_new RENAME TO reception;
CREATE INDEX reception_by_uplink ON reception (uplink_id);
