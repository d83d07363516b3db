-- A gauge zero is surveyed anew, or moved: its height over NHN is dated like the heights over it.

CREATE TABLE gauge_zero (
    site_id     TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    from_ms     BIGINT NOT NULL,                   -- until the next one of the site
    over_nhn_mm BIGINT NOT NULL,
    PRIMARY KEY (site_id, from_ms)
);

INSERT INTO gauge_zero (site_id, from_ms, over_nhn_mm)
    SELECT id, 0, gauge_zero_mm FROM site WHERE gauge_zero_mm IS NOT NULL;
ALTER TABLE site DROP gauge_zero_mm;
