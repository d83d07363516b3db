-- Where frames were lost: spans in which a node's journal may hold readings that never came.

CREATE TABLE missed (
    dev_eui   TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    after_ms  BIGINT NOT NULL,                     -- the numbered readings beside it
    before_ms BIGINT NOT NULL,
    PRIMARY KEY (dev_eui, after_ms, before_ms)
);
