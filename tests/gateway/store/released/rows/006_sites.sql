INSERT INTO site (id, name, lat, lon, published, blur_m, gauge_zero_mm, water, created_at)
    VALUES ('wehr', 'Wehr', 50.1, 9.1, 1, 100, 271300, 'Fulda', 17);
UPDATE installation SET to_ms = 18 WHERE dev_eui = '70b3d57ed0010001';
INSERT INTO installation (site_id, dev_eui, from_ms, mount_mm) VALUES ('wehr', '70b3d57ed0010001', 18, 2500);
