INSERT INTO gauge_zero (site_id, from_ms, over_nhn_mm) VALUES ('strasse', 0, 198000), ('strasse', 35, 198020);
