-- Nothing shows that the sender's address is his own: no report goes there.
ALTER TABLE acceptance ADD COLUMN forgeable INTEGER NOT NULL DEFAULT 0 CHECK (forgeable IN (0, 1));
