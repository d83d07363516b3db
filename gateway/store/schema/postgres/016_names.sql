-- Lists by name: without case and accents (DIN 5007-1, gateway/store/folding.py), so that an index has their order.

ALTER TABLE site ADD folded TEXT COLLATE "C" NOT NULL GENERATED ALWAYS AS (
    lower(translate(
        replace(replace(coalesce(nullif(name, ''), id), 'ß', 'ss'), 'ẞ', 'ss'),
        'äÄöÖüÜàÀåÅçÇèÈéÉøØ',
        'aaoouuaaaacceeeeoo'
    ) COLLATE "C")
) STORED;
CREATE INDEX site_by_name ON site (folded, id, published);

ALTER TABLE device ADD folded TEXT COLLATE "C" NOT NULL GENERATED ALWAYS AS (
    lower(translate(
        replace(replace(name || ' ' || coalesce(group_name, ''), 'ß', 'ss'), 'ẞ', 'ss'),
        'äÄöÖüÜàÀåÅçÇèÈéÉøØ',
        'aaoouuaaaacceeeeoo'
    ) COLLATE "C")
) STORED;
CREATE INDEX device_by_name ON device (folded, dev_eui, archived_at);
