INSERT INTO device (dev_eui, name, activation, created_at) VALUES ('70b3d57ed0020001', 'Mühle', 'lns', 6);
INSERT INTO session (dev_eui, state, fcnt_up, created_at, source, route)
    VALUES ('70b3d57ed0020001', 'active', 9, 7, 'lns', 'application/1/device/70b3d57ed0020001');
INSERT INTO uplink (id, session_id, dev_eui, fcnt, fport, confirmed, received_at, phy, payload)
    SELECT '00000000000000b1', id, dev_eui, 9, 1, 0, 8, x'', x'01' FROM session WHERE source = 'lns';
INSERT INTO reception (uplink_id, gateway_id, received_at) VALUES ('00000000000000b1', 'on the roof', 8);
