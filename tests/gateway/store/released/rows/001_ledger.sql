INSERT INTO device (dev_eui, name, activation, lat, lon, mount_mm, created_at)
    VALUES ('70b3d57ed0000001', 'Aue', 'abp', 51.5, 9.9, 3000, 1);
INSERT INTO device (dev_eui, name, activation, join_eui, app_key, join_nonce, created_at)
    VALUES ('70b3d57ed0010001', 'Wehr', 'otaa', '0102030405060708', x'00', 4, 2);
INSERT INTO session (dev_eui, dev_addr, nwk_s_key, app_s_key, state, fcnt_up, fcnt_down, created_at)
    VALUES ('70b3d57ed0000001', '00000001', x'01', x'02', 'active', 7, 1, 3);
INSERT INTO session (dev_eui, dev_addr, nwk_s_key, app_s_key, state, rx_delay_s, rx1_dr_offset, rx2_data_rate, created_at)
    VALUES ('70b3d57ed0010001', '00000002', x'03', x'04', 'ended', 5, 1, 3, 4);
DELETE FROM session WHERE dev_addr = '00000002';
INSERT INTO dev_nonce VALUES ('70b3d57ed0010001', '0102030405060708', 4);
INSERT INTO uplink (id, session_id, dev_eui, dev_addr, fcnt, fport, confirmed, received_at, phy, payload, decoded)
    VALUES ('00000000000000a1', 1, '70b3d57ed0000001', '00000001', 7, 1, 0, 5, x'40', x'01', 1);
INSERT INTO uplink (id, session_id, dev_eui, dev_addr, fcnt, confirmed, received_at, phy, payload, decoded, error)
    VALUES ('00000000000000a2', 1, '70b3d57ed0000001', '00000001', 6, 1, 4, x'80', x'', 0, 'empty');
INSERT INTO reception (uplink_id, gateway_id, received_at, rssi_dbm, frequency_hz, data_rate, tmst)
    VALUES ('00000000000000a1', 'aa555a0000000101', 5, -101.5, 868100000, 'SF9BW125', 77);
INSERT INTO reading (uplink_id, quantity, dev_eui, time, value)
    VALUES ('00000000000000a1', 'distance', '70b3d57ed0000001', 5, 1234.0);
INSERT INTO event (kind, data) VALUES ('uplink', '{}');
