-- Uplinks that an LNS (ChirpStack, The Things Stack) has checked and decrypted: their sessions have no keys here but
-- a source and a route back, their frames no PHY bytes; not every LNS tells address, radio settings and counter.
-- SQLite loosens a column only by making its table anew (sqlite.org/lang_altertable.html, section 7); `_migrate` leaves
-- foreign keys off meanwhile and checks them at the end.

CREATE TABLE device_new (
    dev_eui     TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    activation  TEXT NOT NULL CHECK (activation IN ('otaa', 'abp', 'lns')),
    join_eui    TEXT,
    app_key     BLOB,
    join_nonce  INTEGER NOT NULL DEFAULT 0,        -- last one given out; a counter for 1.0.4 devices
    lat         REAL,
    lon         REAL,
    mount_mm    INTEGER,                           -- height of the sensor over the gauge zero
    created_at  INTEGER NOT NULL
) STRICT;
INSERT INTO device_new SELECT * FROM device;
DROP TABLE device;
ALTER TABLE device_new RENAME TO device;

-- One row per join, ABP provisioning or reset, and per new address or counter at an LNS.
CREATE TABLE session_new (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    dev_eui       TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    dev_addr      TEXT,
    nwk_s_key     BLOB,
    app_s_key     BLOB,
    state         TEXT NOT NULL CHECK (state IN ('pending', 'active', 'ended')),
    fcnt_up       INTEGER NOT NULL DEFAULT -1,     -- last one accepted
    fcnt_down     INTEGER NOT NULL DEFAULT 0,      -- next one to use
    rx_delay_s    INTEGER NOT NULL DEFAULT 1,
    rx1_dr_offset INTEGER NOT NULL DEFAULT 0,
    rx2_data_rate INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,                -- at an LNS the time of its first message
    source        TEXT,                            -- the [[source]] of an LNS; NULL for our own sessions
    route         TEXT,                            -- the topic under which that LNS takes downlinks
    CHECK (iif(source IS NULL, dev_addr IS NOT NULL AND nwk_s_key IS NOT NULL AND app_s_key IS NOT NULL,
               nwk_s_key IS NULL AND app_s_key IS NULL AND route IS NOT NULL))
) STRICT;
INSERT INTO sqlite_sequence SELECT 'session_new', seq FROM sqlite_sequence WHERE name = 'session';
INSERT INTO session_new SELECT *, NULL, NULL FROM session;
DROP TABLE session;
ALTER TABLE session_new RENAME TO session;
CREATE INDEX session_by_addr ON session (dev_addr) WHERE state <> 'ended';
CREATE INDEX session_by_device ON session (dev_eui, id);

CREATE TABLE uplink_new (
    id          TEXT PRIMARY KEY,                  -- 16 hex digits
    session_id  INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    dev_eui     TEXT NOT NULL,
    dev_addr    TEXT,
    fcnt        INTEGER NOT NULL,                  -- all 32 bits
    fport       INTEGER,
    confirmed   INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    phy         BLOB NOT NULL,                     -- as heard; tells a repetition from a clone; empty from an LNS
    payload     BLOB NOT NULL,                     -- decrypted
    decoded     INTEGER,                           -- NULL until decoding was tried
    error       TEXT,
    UNIQUE (session_id, fcnt)
) STRICT;
INSERT INTO uplink_new SELECT * FROM uplink;
DROP TABLE uplink;
ALTER TABLE uplink_new RENAME TO uplink;
CREATE INDEX uplink_by_device ON uplink (dev_eui, received_at);
CREATE INDEX uplink_by_time ON uplink (received_at);
CREATE INDEX uplink_undecoded ON uplink (received_at) WHERE decoded IS NULL;

CREATE TABLE reception_new (
    uplink_id    TEXT NOT NULL REFERENCES uplink (id) ON DELETE CASCADE,
    gateway_id   TEXT NOT NULL,
    received_at  INTEGER NOT NULL,
    rssi_dbm     REAL,
    snr_db       REAL,
    frequency_hz INTEGER,
    data_rate    TEXT,
    tmst         INTEGER
) STRICT;
INSERT INTO reception_new SELECT * FROM reception;
DROP TABLE reception;
ALTER TABLE reception_new RENAME TO reception;
CREATE INDEX reception_by_uplink ON reception (uplink_id);
