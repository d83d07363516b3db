-- What is to go down to the nodes, what became of it, and what they answered.

ALTER TABLE device ADD COLUMN is_class_c INTEGER NOT NULL DEFAULT 0;   -- listens all the time

CREATE TABLE downlink (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,  -- of a command also its token
    dev_eui     TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    fport       INTEGER NOT NULL,
    payload     BLOB NOT NULL,
    orders      TEXT,                               -- JSON: what a command orders; it waits for an answer
    confirmed   INTEGER NOT NULL,
    priority    INTEGER NOT NULL,                   -- the highest goes first
    actor       TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    state       TEXT NOT NULL CHECK (state IN ('queued', 'pending', 'sent', 'delivered', 'answered', 'failed',
                                               'expired', 'cancelled')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    fcnt_up     INTEGER,                            -- of the uplink that it was sent in answer to
    fcnt_down   INTEGER,
    sent_at     INTEGER,
    ended_at    INTEGER,
    results     TEXT,                               -- JSON: what the node answered to its orders
    reason      TEXT                                -- why it waits, or has failed
) STRICT;
CREATE INDEX downlink_open ON downlink (dev_eui, priority, id) WHERE state IN ('queued', 'pending');
CREATE INDEX downlink_by_device ON downlink (dev_eui, id);
