-- Who asked to join and is not registered: for operators who look for the DevEUI of a new node.

CREATE TABLE stranger (
    dev_eui    TEXT PRIMARY KEY,
    join_eui   TEXT NOT NULL,                       -- of the newest request, as its gateway
    gateway_id TEXT NOT NULL,
    first_at   BIGINT NOT NULL,
    last_at    BIGINT NOT NULL,
    requests   BIGINT NOT NULL
);
