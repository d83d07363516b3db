INSERT INTO transmission (dev_eui, uplink_id, downlink_id, gateway_id, at, lead_ms, opening, tmst, frequency_hz,
                          data_rate, on_air_us, fcnt_down, fctrl, mac, size)
    SELECT dev_eui, '00000000000000a1', id, 'aa555a0000000101', 1005, 800, 1, 77, 868100000, 'SF9BW125', 185344, 0, 32,
           x'06', 14 FROM downlink;
INSERT INTO noted (at, cause, dev_eui, dev_addr, fcnt, fcnt_up, candidates, gateway_id, frequency_hz, data_rate)
    VALUES (28, 'replay', '70b3d57ed0000001', '00000001', 6, 7, 1, 'aa555a0000000101', 868100000, 'SF9BW125');
INSERT INTO delivery (sink, at, uplinks) VALUES ('home', 29, x'00000000000000a1');
