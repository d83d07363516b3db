INSERT INTO token VALUES ('t1', 'office', 'admin', 11, NULL, NULL, 'aa');
INSERT INTO web_session VALUES ('bb', 't1', 12, 13);
INSERT INTO audit (at, actor, token_id, command, arguments) VALUES (14, 'office', 't1', 'device.add', '{}');
INSERT INTO device (dev_eui, name, activation, lat, lon, created_at, archived_at)
    VALUES ('70b3d57ed0030001', 'Deich', 'lns', NULL, NULL, 15, 16);
