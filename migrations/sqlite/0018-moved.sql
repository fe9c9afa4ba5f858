-- The account that mail for a domain's addresses goes to that nobody has.
ALTER TABLE domain ADD COLUMN catch_all_id INTEGER REFERENCES account ON DELETE SET NULL;

-- Addresses of people who have gone elsewhere. Never one of an account or an alias: the writer looks at both tables.
CREATE TABLE moved_address (
  domain_id  INTEGER NOT NULL REFERENCES domain,
  local_key  TEXT    NOT NULL,                  -- as in address
  local_part TEXT    NOT NULL,
  moved_to   TEXT    NOT NULL,                  -- the new address, as senders are told it
  PRIMARY KEY (domain_id, local_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX domain_catch_all ON domain (catch_all_id);
