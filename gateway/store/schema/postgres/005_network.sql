-- What the embedded network server knows of a node's settings, and how it heard the node's last frames.

ALTER TABLE session ADD link TEXT NOT NULL DEFAULT '';       -- JSON: what the node has answered
ALTER TABLE session ADD heard BYTEA NOT NULL DEFAULT '';     -- counter and best SNR of the last 20 uplinks
