-- Where is measured, and which node measures there from when to when: a node's place and height move out of `device`.

CREATE TABLE site (
    id            TEXT PRIMARY KEY,                -- a slug: a-z, 0-9 and -, 40 at most
    name          TEXT NOT NULL,
    lat           REAL,
    lon           REAL,
    published     INTEGER NOT NULL DEFAULT 0 CHECK (published IN (0, 1)),
    blur_m        INTEGER NOT NULL DEFAULT 0 CHECK (blur_m IN (0, 100)),  -- what the public sees of the position
    gauge_zero_mm INTEGER,                         -- over NHN
    water         TEXT,
    note          TEXT,
    created_at    INTEGER NOT NULL
) STRICT;

-- From `from_ms` until before `to_ms`, NULL while it goes on; those of one device do not overlap.
CREATE TABLE installation (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id  TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    dev_eui  TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    from_ms  INTEGER NOT NULL,
    to_ms    INTEGER,
    mount_mm INTEGER,                              -- height of the sensor over the gauge zero
    lat      REAL,                                 -- of the sensor, where it is not the site's
    lon      REAL,
    CHECK (to_ms > from_ms)
) STRICT;
CREATE UNIQUE INDEX installation_by_device ON installation (dev_eui, from_ms);
CREATE UNIQUE INDEX installation_in_force ON installation (dev_eui) WHERE to_ms IS NULL;
CREATE INDEX installation_by_site ON installation (site_id, from_ms);

INSERT INTO site (id, name, lat, lon, created_at) SELECT dev_eui, name, lat, lon, created_at FROM device;
INSERT INTO installation (site_id, dev_eui, from_ms, mount_mm) SELECT dev_eui, dev_eui, 0, mount_mm FROM device;
ALTER TABLE device DROP COLUMN lat;
ALTER TABLE device DROP COLUMN lon;
ALTER TABLE device DROP COLUMN mount_mm;
