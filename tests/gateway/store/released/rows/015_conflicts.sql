INSERT INTO alarm (kind, subject, gateway_id, measured_at, raised_at)
    VALUES ('conflict', 'conflict aa555a0000000101', 'aa555a0000000101', 30, 30);
INSERT INTO downlink (dev_eui, fport, payload, confirmed, priority, actor, created_at, state, sent_at, reference)
    VALUES ('70b3d57ed0020001', 7, x'03', 1, 0, 'office', 31, 'sent', 32, 'messfunk-2');
