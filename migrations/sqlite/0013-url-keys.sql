-- Mailbox access keys of URLAUTH (RFC 4467 section 2.2), one a user and mailbox. What is kept is a seed: the key is made from it and the secret
-- 'url-keys', so that who reads this table can make no URL.
CREATE TABLE url_key (
  account_id INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
  mailbox_id INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE,
  seed       BLOB    NOT NULL,
  PRIMARY KEY (account_id, mailbox_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX url_key_mailbox ON url_key (mailbox_id);

INSERT INTO secret VALUES ('url-keys', randomblob(32));
