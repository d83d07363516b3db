-- What the embedded network server knows of a node's settings, and how it heard the node's last frames.

ALTER TABLE session ADD COLUMN link TEXT NOT NULL DEFAULT '';       -- JSON: what the node has answered
ALTER TABLE session ADD COLUMN heard BLOB NOT NULL DEFAULT x'';     -- counter and best SNR of the last 20 uplinks
