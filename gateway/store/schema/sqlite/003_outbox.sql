-- What the sinks are still owed. A row is written with the readings and deleted once its sink has it.

CREATE TABLE outbox (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,   -- the order of delivery
    sink      TEXT NOT NULL,
    uplink_id TEXT NOT NULL REFERENCES uplink (id) ON DELETE CASCADE,
    added_at  INTEGER NOT NULL,
    reason    TEXT,                                -- why it can never be delivered: a dead letter
    UNIQUE (sink, uplink_id)
) STRICT;
CREATE INDEX outbox_due ON outbox (sink, id) WHERE reason IS NULL;
CREATE INDEX outbox_dead ON outbox (sink, id) WHERE reason IS NOT NULL;
CREATE INDEX outbox_by_uplink ON outbox (uplink_id);

CREATE TABLE sink (
    name   TEXT PRIMARY KEY,
    since  INTEGER NOT NULL,                       -- when it came into this state
    error  TEXT                                    -- NULL while it takes what it is given
) STRICT, WITHOUT ROWID;
