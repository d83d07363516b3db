-- Who may do what: access tokens and browser sessions, each kept as a SHA-256 only, and the log of every change.

CREATE TABLE token (
    id         TEXT PRIMARY KEY,                   -- tells tokens apart; opens nothing
    name       TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,                            -- NULL: never
    revoked_at INTEGER,
    hash       TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE web_session (
    hash       TEXT PRIMARY KEY,
    token_id   TEXT NOT NULL REFERENCES token (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    actor     TEXT NOT NULL,
    token_id  TEXT,
    command   TEXT NOT NULL,
    arguments TEXT NOT NULL,                       -- JSON, without secrets
    error     TEXT                                 -- why it was refused; NULL when it was done
) STRICT;

-- Opens under the master key only; with a row here all keys in `device` and `session` are sealed.
CREATE TABLE seal (
    proof BLOB NOT NULL
) STRICT;

-- An archived device is served no more; what it said stays. Registering its DevEUI again takes it up.
ALTER TABLE device ADD COLUMN archived_at INTEGER;
