INSERT INTO reading (dev_eui, quantity, time, uplink_id, fault, flag)
    VALUES ('70b3d57ed0000001', 'distance', 3, '00000000000000a2', 'no_echo', 9);
