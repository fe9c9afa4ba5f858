-- Keys of this database alone. `scram-salt`: what salts of unknown login names are made with, so that they stay the same.
CREATE TABLE secret (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO secret VALUES ('scram-salt', randomblob(32));
