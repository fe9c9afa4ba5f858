-- MTA-STS policies of other domains (RFC 8461): who can hide a policy must not be able to make it forgotten by making us start anew.
-- Ids only grow, and a policy that is fetched again gets a new one: the lowest are those nobody could or would refresh.
CREATE TABLE sts_policy (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  domain     TEXT    NOT NULL UNIQUE,            -- lower case, A-labels
  record_id  TEXT    NOT NULL,                   -- of the TXT record that it was fetched for
  policy     TEXT    NOT NULL,                   -- as it was served
  until      INTEGER NOT NULL,
  checked_at INTEGER NOT NULL,                   -- when it was fetched, or could not be fetched again, last
  used_at    INTEGER NOT NULL                    -- to the day
) STRICT;

CREATE INDEX sts_policy_checked ON sts_policy (checked_at);
CREATE INDEX sts_policy_until ON sts_policy (until);

-- What a domain is to be told of our sessions with its servers (RFC 8460), a row a day and domain.
CREATE TABLE tls_day (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  day      INTEGER NOT NULL,                     -- since 1970-01-01, UTC
  domain   TEXT    NOT NULL,                     -- of the recipients
  due_at   INTEGER,                              -- when the report is tried next; NULL: it was sent, or is not wanted
  attempts INTEGER NOT NULL DEFAULT 0,
  UNIQUE (day, domain)
) STRICT;

CREATE INDEX tls_day_due ON tls_day (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE tls_day_policy (
  id         INTEGER PRIMARY KEY,
  day_id     INTEGER NOT NULL REFERENCES tls_day ON DELETE CASCADE,
  type       TEXT    NOT NULL CHECK (type IN ('tlsa', 'sts', 'no-policy-found')),
  domain     TEXT    NOT NULL,                   -- of the policy: with DANE a server's name
  lines      TEXT    NOT NULL,                   -- JSON: the policy-string of the report
  patterns   TEXT    NOT NULL,                   -- JSON: its mx-host
  successes  INTEGER NOT NULL DEFAULT 0,
  failures   INTEGER NOT NULL DEFAULT 0,
  UNIQUE (day_id, type, domain, lines)
) STRICT;

CREATE TABLE tls_day_failure (
  policy_id INTEGER NOT NULL REFERENCES tls_day_policy ON DELETE CASCADE,
  result    TEXT    NOT NULL,
  host      TEXT    NOT NULL,                    -- here and below: empty where it is not known
  address   TEXT    NOT NULL,
  source    TEXT    NOT NULL,                    -- our own address
  reason    TEXT    NOT NULL,
  sessions  INTEGER NOT NULL,
  PRIMARY KEY (policy_id, result, host, address, source, reason)
) STRICT, WITHOUT ROWID;

-- Reports that others sent us about our own servers.
CREATE TABLE tls_report (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  domain       TEXT    NOT NULL,                 -- one of ours
  organization TEXT    NOT NULL,
  contact      TEXT    NOT NULL,
  report_id    TEXT    NOT NULL,
  starts_at    INTEGER NOT NULL,
  ends_at      INTEGER NOT NULL,
  successes    INTEGER NOT NULL,
  failures     INTEGER NOT NULL,
  policies     TEXT    NOT NULL,                 -- JSON
  arrived_at   INTEGER NOT NULL,
  UNIQUE (domain, contact, report_id)
) STRICT;

CREATE INDEX tls_report_starts ON tls_report (domain, starts_at);
CREATE INDEX tls_report_youngest ON tls_report (starts_at);
CREATE INDEX tls_report_arrived ON tls_report (arrived_at);
