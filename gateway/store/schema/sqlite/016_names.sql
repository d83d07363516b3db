-- Lists by name: without case and accents (DIN 5007-1, gateway/store/folding.py), so that an index has their order.
-- By triggers: with the column generated, VACUUM INTO of SQLite 3.40 refused these tables.

ALTER TABLE site ADD COLUMN folded TEXT NOT NULL DEFAULT '';
CREATE TRIGGER site_renamed AFTER UPDATE OF name ON site BEGIN
    UPDATE site SET folded =
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
            lower(coalesce(nullif(new.name, ''), new.id))
        , 'ä', 'a'), 'Ä', 'a'), 'ö', 'o'), 'Ö', 'o'), 'ü', 'u'), 'Ü', 'u'), 'ß', 'ss'), 'ẞ', 'ss'), 'à', 'a'), 'À', 'a')
        , 'å', 'a'), 'Å', 'a'), 'ç', 'c'), 'Ç', 'c'), 'è', 'e'), 'È', 'e'), 'é', 'e'), 'É', 'e'), 'ø', 'o'), 'Ø', 'o')
    WHERE id = new.id;
END;
CREATE TRIGGER site_named AFTER INSERT ON site BEGIN
    UPDATE site SET name = name WHERE id = new.id;
END;
UPDATE site SET name = name;
CREATE INDEX site_by_name ON site (folded, id, published);

ALTER TABLE device ADD COLUMN folded TEXT NOT NULL DEFAULT '';
CREATE TRIGGER device_renamed AFTER UPDATE OF name, group_name ON device BEGIN
    UPDATE device SET folded =
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
            lower(new.name || ' ' || coalesce(new.group_name, ''))
        , 'ä', 'a'), 'Ä', 'a'), 'ö', 'o'), 'Ö', 'o'), 'ü', 'u'), 'Ü', 'u'), 'ß', 'ss'), 'ẞ', 'ss'), 'à', 'a'), 'À', 'a')
        , 'å', 'a'), 'Å', 'a'), 'ç', 'c'), 'Ç', 'c'), 'è', 'e'), 'È', 'e'), 'é', 'e'), 'É', 'e'), 'ø', 'o'), 'Ø', 'o')
    WHERE dev_eui = new.dev_eui;
END;
CREATE TRIGGER device_named AFTER INSERT ON device BEGIN
    UPDATE device SET name = name WHERE dev_eui = new.dev_eui;
END;
UPDATE device SET name = name;
CREATE INDEX device_by_name ON device (folded, dev_eui, archived_at);
