UPDATE session SET link = '{"data_rate": 3}', heard = x'0700' WHERE dev_addr = '00000001';
