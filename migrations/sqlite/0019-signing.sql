-- Keys that mail of a domain is signed with (DKIM, RFC 6376). Here and not in a file, so that they come with the domain in one commit, and
-- go with it into every backup.
CREATE TABLE domain_key (
  domain_id   INTEGER NOT NULL REFERENCES domain ON DELETE CASCADE,
  selector    TEXT    NOT NULL,                 -- lower case
  algorithm   TEXT    NOT NULL CHECK (algorithm IN ('rsa-sha256', 'ed25519-sha256')),
  private_key BLOB    NOT NULL,                 -- PKCS #8, DER
  public_key  TEXT    NOT NULL,                 -- as in the DNS record
  created_at  INTEGER NOT NULL,
  signs_from  INTEGER NOT NULL,
  retires_at  INTEGER,                          -- NULL: nothing is to replace it yet
  PRIMARY KEY (domain_id, selector)
) STRICT, WITHOUT ROWID;

INSERT INTO secret VALUES ('srs', randomblob(32));  -- what rewritten senders are signed with
