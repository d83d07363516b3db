-- What is remembered of each series to judge its next value; hours and days; dust as it would be dry; running numbers.

CREATE TABLE judged (
    dev_eui   TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    quantity  TEXT NOT NULL,
    time      BIGINT NOT NULL,
    value     DOUBLE PRECISION NOT NULL,
    since     BIGINT NOT NULL,                    -- it stands still since then
    before    DOUBLE PRECISION,                                -- the value before it
    PRIMARY KEY (dev_eui, quantity)
);

CREATE TABLE hourly (
    dev_eui   TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    quantity  TEXT NOT NULL,
    start_ms  BIGINT NOT NULL,
    readings  BIGINT NOT NULL,                    -- how many, without those that failed
    total     DOUBLE PRECISION NOT NULL,                       -- of values; of 10^(dB/10) for noise
    least     DOUBLE PRECISION NOT NULL,
    most      DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (dev_eui, quantity, start_ms)
);

CREATE TABLE daily (
    dev_eui   TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    quantity  TEXT NOT NULL,
    start_ms  BIGINT NOT NULL,
    readings  BIGINT NOT NULL,
    total     DOUBLE PRECISION NOT NULL,
    least     DOUBLE PRECISION NOT NULL,
    most      DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (dev_eui, quantity, start_ms)
);

CREATE TABLE corrected (
    dev_eui   TEXT NOT NULL,
    quantity  TEXT NOT NULL,
    model     TEXT NOT NULL,                       -- with its version
    time      BIGINT NOT NULL,
    uplink_id TEXT NOT NULL REFERENCES uplink (id) ON DELETE CASCADE,
    value     DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (dev_eui, quantity, model, time, uplink_id)
);
CREATE INDEX corrected_by_uplink ON corrected (uplink_id);

CREATE TABLE numbered (                            -- which readings of a node's journal have come
    dev_eui   TEXT NOT NULL REFERENCES device (dev_eui) ON DELETE CASCADE,
    time      BIGINT NOT NULL,
    number    BIGINT NOT NULL,
    PRIMARY KEY (dev_eui, time, number)
);
