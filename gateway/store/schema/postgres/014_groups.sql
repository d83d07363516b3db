-- Nodes in groups: a district, a kind, a project. What lists are narrowed by.

ALTER TABLE device ADD group_name TEXT;
CREATE INDEX device_by_group ON device (group_name, dev_eui) WHERE group_name IS NOT NULL;
