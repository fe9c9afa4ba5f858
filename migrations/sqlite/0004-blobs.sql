-- Immutable octets, shared by all messages made of them. email and the queue count in refs; there is no foreign key
-- from them, because deleting a blob would then search them all.
CREATE TABLE blob (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  state       TEXT    NOT NULL CHECK (state IN ('staged', 'kept')),   -- staged: still arriving; swept at the next start
  refs        INTEGER NOT NULL DEFAULT 0,
  size        INTEGER NOT NULL DEFAULT 0,
  header_size INTEGER NOT NULL DEFAULT 0,
  sha256      BLOB,
  created_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX blob_staged ON blob (id) WHERE state = 'staged';

-- Apart from blob and rendered, so that reading headers never touches bodies. A rowid table: rows up to a page
-- stay on their leaf, where a WITHOUT ROWID table spills from a quarter of a page on.
CREATE TABLE blob_chunk (
  id   INTEGER PRIMARY KEY,             -- blob id * 65536 + number of the chunk, from 0
  data BLOB    NOT NULL                 -- 262144 octets; the last one is shorter
) STRICT;

-- What is computed once a blob. Columns in the order in which FETCH asks for them.
CREATE TABLE rendered (
  blob_id        INTEGER PRIMARY KEY,
  version        INTEGER NOT NULL,
  envelope       BLOB    NOT NULL,
  body_structure BLOB    NOT NULL,
  structure      BLOB    NOT NULL,
  headers        BLOB    NOT NULL
) STRICT;

CREATE INDEX rendered_version ON rendered (version);
