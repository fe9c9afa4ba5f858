-- What the rest of the envelope asked for.
ALTER TABLE acceptance ADD COLUMN hold_request TEXT;        -- RFC 4865, as reports tell it: 'for;3600'
ALTER TABLE acceptance ADD COLUMN deliver_by INTEGER;       -- RFC 2852: the time, in milliseconds since 1970
ALTER TABLE acceptance ADD COLUMN deliver_by_mode TEXT CHECK (deliver_by_mode IN ('return', 'notify'));
ALTER TABLE acceptance ADD COLUMN deliver_by_trace INTEGER NOT NULL DEFAULT 0 CHECK (deliver_by_trace IN (0, 1));
ALTER TABLE acceptance ADD COLUMN priority INTEGER CHECK (priority BETWEEN -9 AND 9);   -- RFC 6710; NULL: not given

ALTER TABLE account ADD COLUMN language TEXT CHECK (language IN ('en', 'ru'));          -- of what the server writes to the account; NULL: not chosen
