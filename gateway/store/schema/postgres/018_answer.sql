-- The bytes of an answer: an uplink that is repeated after a restart gets the same ones.

ALTER TABLE transmission ADD COLUMN phy BYTEA;     -- encrypted, as on air; none where a repetition needs other bytes
