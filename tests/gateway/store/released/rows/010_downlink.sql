INSERT INTO downlink (dev_eui, fport, payload, orders, confirmed, priority, actor, created_at, state, attempts, fcnt_up, fcnt_down)
    VALUES ('70b3d57ed0000001', 11, x'0102', '[{"order": "reboot"}]', 0, 1, 'office', 25, 'pending', 1, 7, 0);
UPDATE device SET is_class_c = 1 WHERE dev_eui = '70b3d57ed0010001';
