INSERT INTO site (id, name, created_at) VALUES ('strasse', 'Straße zur Mühle', 33);
INSERT INTO device (dev_eui, name, activation, created_at) VALUES ('70b3d57ed0040001', 'Straße', 'lns', 34);
UPDATE site SET name = 'An der Mühle' WHERE id = 'strasse';
