-- What was told to gateways, and what was decided of frames that are not stored: what `messfunk why` tells.

CREATE TABLE transmission (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    dev_eui      TEXT REFERENCES device (dev_eui) ON DELETE SET NULL,    -- its airtime was spent all the same
    uplink_id    TEXT REFERENCES uplink (id) ON DELETE SET NULL,         -- that it answers; none at a join, class C
    downlink_id  INTEGER REFERENCES downlink (id) ON DELETE SET NULL,    -- that it carries
    gateway_id   TEXT NOT NULL,
    at           INTEGER NOT NULL,                 -- of its start on air
    lead_ms      INTEGER NOT NULL,                 -- by so much earlier the gateway was told
    opening      INTEGER NOT NULL,                 -- receive window 1 or 2, 0: at once
    tmst         INTEGER NOT NULL,
    frequency_hz INTEGER NOT NULL,
    data_rate    TEXT NOT NULL,
    on_air_us    INTEGER NOT NULL,
    fcnt_down    INTEGER,                          -- 16 bits, as on air; none of a join-accept
    fctrl        INTEGER,
    mac          BLOB,                             -- its MAC commands
    size         INTEGER NOT NULL,                 -- bytes on air
    refused      TEXT                              -- why the gateway did not send it
) STRICT;
CREATE INDEX transmission_by_gateway ON transmission (gateway_id, at);
CREATE INDEX transmission_by_device ON transmission (dev_eui, at);
CREATE INDEX transmission_by_uplink ON transmission (uplink_id);

CREATE TABLE noted (                               -- the newest; frames of unknown nodes are counted only
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    cause        TEXT NOT NULL,                    -- why it was refused, or 'repetition'
    dev_eui      TEXT REFERENCES device (dev_eui) ON DELETE CASCADE,     -- where one can be named
    dev_addr     TEXT,
    uplink_id    TEXT,                             -- that it repeats
    fcnt         INTEGER,                          -- as far as it could be told, else the 16 bits on air
    fcnt_up      INTEGER,                          -- the newest that was known
    candidates   INTEGER NOT NULL,                 -- sessions with its DevAddr
    gateway_id   TEXT NOT NULL,
    rssi_dbm     REAL,
    snr_db       REAL,
    frequency_hz INTEGER NOT NULL,
    data_rate    TEXT NOT NULL
) STRICT;
CREATE INDEX noted_by_device ON noted (dev_eui, at);
CREATE INDEX noted_by_addr ON noted (dev_addr, at);

CREATE TABLE delivery (                            -- when a sink took what; a row for each batch
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    sink     TEXT NOT NULL,
    at       INTEGER NOT NULL,
    uplinks  BLOB NOT NULL                         -- their ids, 8 bytes each
) STRICT;
CREATE INDEX delivery_by_time ON delivery (at);
