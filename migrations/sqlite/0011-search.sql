-- The search index is a file of its own, made anew when it is lost. It knows its database by this; a restored one gets another.
INSERT INTO secret VALUES ('search-index', randomblob(16));

-- Emails that are gone, until the index has dropped them too.
CREATE TABLE search_gone (
  email_id INTEGER PRIMARY KEY
) STRICT;
