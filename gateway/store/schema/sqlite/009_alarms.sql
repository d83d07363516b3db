-- Marks with their validity, what was raised and acknowledged, how often each node speaks, who is owed a word.

CREATE TABLE mark (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id    TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    quantity   TEXT NOT NULL,
    measure    TEXT NOT NULL CHECK (measure IN ('value', 'rise')),  -- the value itself, or its rise per hour
    name       TEXT NOT NULL,
    value      REAL NOT NULL,
    hysteresis REAL NOT NULL CHECK (hysteresis >= 0),
    confirm    TEXT NOT NULL CHECK (confirm IN ('1', '2of3')),
    source     TEXT NOT NULL,                      -- who has set this mark, and where that is written
    valid_from INTEGER NOT NULL,
    valid_to   INTEGER,
    CHECK (valid_to >= valid_from)
) STRICT;
CREATE INDEX mark_by_site ON mark (site_id, quantity);

CREATE TABLE mark_state (                          -- where the last samples of a node lay; on is an open alarm
    mark_id INTEGER NOT NULL REFERENCES mark (id) ON DELETE CASCADE,
    dev_eui TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    time    INTEGER NOT NULL,
    recent  TEXT NOT NULL,
    PRIMARY KEY (mark_id, dev_eui)
) STRICT, WITHOUT ROWID;

-- Kept for ever: who knew what when. So it refers to nothing that could be deleted.
CREATE TABLE alarm (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    kind            TEXT NOT NULL CHECK (kind IN ('mark', 'rise', 'node', 'silence', 'gateway_silence')),
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
CREATE UNIQUE INDEX alarm_open ON alarm (subject) WHERE cleared_at IS NULL;
CREATE INDEX alarm_by_time ON alarm (raised_at, id);

CREATE TABLE rhythm (                              -- how often a node speaks, and when its silence means something
    dev_eui     TEXT PRIMARY KEY REFERENCES device (dev_eui) ON DELETE CASCADE,
    heard_at    INTEGER NOT NULL,
    interval_ms INTEGER NOT NULL,
    loss        REAL NOT NULL,
    patience    INTEGER NOT NULL,
    is_urgent   INTEGER NOT NULL CHECK (is_urgent IN (0, 1)),  -- the water rose, or was above a mark
    learnt_at   INTEGER NOT NULL,
    silent_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX rhythm_due ON rhythm (silent_at);

CREATE TABLE node_marks (                          -- the marks that a node says it watches, in its hello
    dev_eui  TEXT PRIMARY KEY REFERENCES device (dev_eui) ON DELETE CASCADE,
    marks    TEXT NOT NULL,                        -- hysteresis and distances in mm
    told_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notification (                        -- who is told of what, how long after
    name       TEXT PRIMARY KEY,
    url        BLOB NOT NULL,                      -- sealed: it holds a password
    language   TEXT NOT NULL,
    site_id    TEXT REFERENCES site (id) ON DELETE CASCADE,  -- NULL for all
    kind       TEXT,                               -- NULL for all
    after_s    INTEGER NOT NULL CHECK (after_s >= 0),  -- beyond 0 only while nobody has acknowledged
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notice (                              -- what is owed, once per alarm, target and step
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    alarm_id INTEGER NOT NULL REFERENCES alarm (id) ON DELETE CASCADE,
    target   TEXT NOT NULL,                        -- the name of a notification, or `cap`
    step     TEXT NOT NULL CHECK (step IN ('raised', 'cleared')),
    due_at   INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    sent_at  INTEGER,
    reason   TEXT,                                 -- of the last failure; with sent_at NULL and due_at far, given up
    UNIQUE (alarm_id, target, step)
) STRICT;
CREATE INDEX notice_due ON notice (due_at) WHERE sent_at IS NULL;

CREATE INDEX reception_by_gateway ON reception (gateway_id, received_at);

-- A further kind of event; the numbers go on, for those who follow them.
CREATE TABLE event_new (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('uplink', 'reading', 'join', 'alarm')),
    data TEXT NOT NULL                             -- the JSON object of the API; of an alarm its number alone
) STRICT;
INSERT INTO sqlite_sequence SELECT 'event_new', seq FROM sqlite_sequence WHERE name = 'event';
INSERT INTO event_new SELECT * FROM event;
DROP TABLE event;
ALTER TABLE event_new RENAME TO event;

-- Nodes that have been heard before: of how often they speak nothing is known yet.
INSERT INTO rhythm SELECT dev_eui, max(received_at), 3600000, 0.5, 8, 0, 0, max(received_at) + 29160000
FROM uplink GROUP BY dev_eui;
