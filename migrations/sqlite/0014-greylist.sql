-- Attempts of suspicious hosts, which have to come again. Ids only grow, so that the oldest rows are those with the lowest.
CREATE TABLE greylist_mark (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  network   TEXT    NOT NULL,                      -- 192.0.2.0/24
  sender    TEXT    NOT NULL,                      -- empty: the null reverse-path
  recipient TEXT    NOT NULL,
  first_at  INTEGER NOT NULL,
  UNIQUE (network, sender, recipient)
) STRICT;

CREATE INDEX greylist_mark_first ON greylist_mark (first_at);

-- Networks whose hosts came again.
CREATE TABLE greylist_network (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  network    TEXT    NOT NULL UNIQUE,
  allowed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX greylist_network_allowed ON greylist_network (allowed_at);
