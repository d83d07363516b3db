INSERT INTO outbox (sink, uplink_id, added_at) VALUES ('hook', '00000000000000a1', 9);
INSERT INTO outbox (sink, uplink_id, added_at, reason) VALUES ('hook', '00000000000000a2', 9, 'HTTP 422');
INSERT INTO sink VALUES ('hook', 10, 'HTTP 503');
