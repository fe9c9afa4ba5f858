-- Which lanes lead to a domain: those to the domains of this server are found without looking through all others.
CREATE INDEX queue_lane_domain ON queue_lane (domain);

-- Messages that an account has let wait (RFC 4865), as long as anything of them waits.
CREATE INDEX acceptance_hold ON acceptance (account_id) WHERE hold_request IS NOT NULL AND blob_id IS NOT NULL;

-- Messages put into a mailbox for sent mail of late, by the server or by a client, so that the other one does not put them there again.
CREATE TABLE sent_copy (
  account_id INTEGER NOT NULL,
  msgid_hash BLOB    NOT NULL,                    -- first 16 octets of SHA-256
  mailbox_id INTEGER NOT NULL,
  uid        INTEGER NOT NULL,
  saved_at   INTEGER NOT NULL,
  by_server  INTEGER NOT NULL CHECK (by_server IN (0, 1)),
  PRIMARY KEY (account_id, msgid_hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX sent_copy_saved ON sent_copy (saved_at);
