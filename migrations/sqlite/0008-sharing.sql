-- Who else may do what with a mailbox (RFC 4314). Its owner may do everything and has no row here.
CREATE TABLE mailbox_right (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE,
  account_id INTEGER NOT NULL,                    -- 0: anyone who has logged in
  granted    INTEGER NOT NULL,                    -- RIGHTS as bits
  denied     INTEGER NOT NULL,                    -- taken away, whatever is granted to the account or to anyone
  PRIMARY KEY (mailbox_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX mailbox_right_account ON mailbox_right (account_id);

-- \Seen of those who are not the owner, where seen_mode is 'reader'. A row whose \Seen was taken away stays for its modseq.
CREATE TABLE reader_seen (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox,
  account_id INTEGER NOT NULL,
  uid        INTEGER NOT NULL,
  modseq     INTEGER NOT NULL,
  seen       INTEGER NOT NULL CHECK (seen IN (0, 1)),
  PRIMARY KEY (mailbox_id, account_id, uid)
) STRICT, WITHOUT ROWID;

-- How many messages of the mailbox a reader has seen: the others are unseen, so that a delivery writes nothing here.
CREATE TABLE reader (
  mailbox_id INTEGER NOT NULL REFERENCES mailbox,
  account_id INTEGER NOT NULL,
  seen       INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX reader_account ON reader (account_id);

ALTER TABLE account ADD COLUMN quota_messages INTEGER;          -- NULL: no limit
ALTER TABLE account ADD COLUMN role TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin'));

-- Mailboxes of others stand below this name from now on.
UPDATE mailbox SET name = 'Own ' || name WHERE name = 'Other Users' OR substr(name, 1, 12) = 'Other Users/';
UPDATE OR IGNORE subscription SET name = 'Own ' || name WHERE name = 'Other Users' OR substr(name, 1, 12) = 'Other Users/';
