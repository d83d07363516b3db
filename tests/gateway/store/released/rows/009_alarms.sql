INSERT INTO mark (site_id, quantity, measure, name, value, hysteresis, confirm, source, valid_from)
    VALUES ('70b3d57ed0000001', 'level', 'value', 'Meldestufe 1', 2000, 50, '1', 'HLNUG', 19);
INSERT INTO mark_state SELECT id, '70b3d57ed0000001', 20, '[]' FROM mark;
INSERT INTO alarm (kind, subject, site_id, dev_eui, uplink_id, value, measured_at, raised_at, acknowledged_by)
    VALUES ('mark', 'mark 1', '70b3d57ed0000001', '70b3d57ed0000001', '00000000000000a1', 2010, 5, 21, 'office');
INSERT INTO node_marks VALUES ('70b3d57ed0000001', '[50, 1000]', 22);
INSERT INTO notification VALUES ('duty', x'6d61696c', 'de', NULL, 'mark', 300, 23);
INSERT INTO notice (alarm_id, target, step, due_at, failures, reason) SELECT id, 'duty', 'raised', 24, 1, 'timeout' FROM alarm;
INSERT INTO event (kind, data) VALUES ('alarm', '1');
UPDATE rhythm SET interval_ms = 300000, patience = 3 WHERE dev_eui = '70b3d57ed0000001';
