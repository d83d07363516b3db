-- The ledger: who may send, what was heard, what it said. Times are integer milliseconds since 1970 (UTC).
-- EUIs and DevAddr are lower-case hex as people read them; keys and payloads are blobs.

CREATE TABLE device (
    dev_eui     TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    activation  TEXT NOT NULL CHECK (activation IN ('otaa', 'abp')),
    join_eui    TEXT,
    app_key     BLOB,
    join_nonce  INTEGER NOT NULL DEFAULT 0,        -- last one given out; a counter for 1.0.4 devices
    lat         REAL,
    lon         REAL,
    mount_mm    INTEGER,                           -- height of the sensor over the gauge zero
    created_at  INTEGER NOT NULL
) STRICT;

-- One row per join, ABP provisioning or reset. A join stays 'pending' until its first valid uplink.
CREATE TABLE session (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    dev_eui       TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    dev_addr      TEXT NOT NULL,
    nwk_s_key     BLOB NOT NULL,
    app_s_key     BLOB NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('pending', 'active', 'ended')),
    fcnt_up       INTEGER NOT NULL DEFAULT -1,     -- last one accepted
    fcnt_down     INTEGER NOT NULL DEFAULT 0,      -- next one to use
    rx_delay_s    INTEGER NOT NULL DEFAULT 1,
    rx1_dr_offset INTEGER NOT NULL DEFAULT 0,
    rx2_data_rate INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX session_by_addr ON session (dev_addr) WHERE state <> 'ended';
CREATE INDEX session_by_device ON session (dev_eui, id);

CREATE TABLE dev_nonce (                           -- every one ever used: a replayed join stays refused
    dev_eui   TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    join_eui  TEXT NOT NULL,
    dev_nonce INTEGER NOT NULL,
    PRIMARY KEY (dev_eui, join_eui, dev_nonce)
) STRICT, WITHOUT ROWID;

CREATE TABLE uplink (
    id          TEXT PRIMARY KEY,                  -- 16 hex digits
    session_id  INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    dev_eui     TEXT NOT NULL,
    dev_addr    TEXT NOT NULL,
    fcnt        INTEGER NOT NULL,                  -- all 32 bits
    fport       INTEGER,
    confirmed   INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    phy         BLOB NOT NULL,                     -- as heard; tells a repetition from a clone
    payload     BLOB NOT NULL,                     -- decrypted
    decoded     INTEGER,                           -- NULL until decoding was tried
    error       TEXT,
    UNIQUE (session_id, fcnt)
) STRICT;
CREATE INDEX uplink_by_device ON uplink (dev_eui, received_at);
CREATE INDEX uplink_by_time ON uplink (received_at);
CREATE INDEX uplink_undecoded ON uplink (received_at) WHERE decoded IS NULL;

CREATE TABLE reception (
    uplink_id    TEXT NOT NULL REFERENCES uplink (id) ON DELETE CASCADE,
    gateway_id   TEXT NOT NULL,
    received_at  INTEGER NOT NULL,
    rssi_dbm     REAL,
    snr_db       REAL,
    frequency_hz INTEGER NOT NULL,
    data_rate    TEXT NOT NULL,
    tmst         INTEGER NOT NULL
) STRICT;
CREATE INDEX reception_by_uplink ON reception (uplink_id);

-- The key's columns come first: before 3.41 SQLite's integrity check takes other orders for NULLs.
CREATE TABLE reading (
    uplink_id TEXT NOT NULL REFERENCES uplink (id) ON DELETE CASCADE,
    quantity  TEXT NOT NULL,
    dev_eui   TEXT NOT NULL,
    time      INTEGER NOT NULL,                    -- received_at less the age the report carries
    value     REAL,                                -- NULL exactly when fault is a name
    fault     TEXT,
    flag      INTEGER NOT NULL DEFAULT 2,          -- QARTOD 1, 2, 3, 4 or 9
    CHECK ((value IS NULL) = (fault IS NOT NULL)),
    PRIMARY KEY (uplink_id, quantity, time)         -- a batch brings many readings of one quantity
) STRICT, WITHOUT ROWID;
CREATE INDEX reading_by_series ON reading (dev_eui, quantity, time);

CREATE TABLE event (                               -- what /api/v1/events tells; old rows are trimmed
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('uplink', 'reading', 'join')),
    data TEXT NOT NULL                             -- the JSON object of the API
) STRICT;
