-- From version 2: what is kept of messages beside their text, where somebody wants a history.
CREATE TABLE message_file (
  message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  file_id    INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE ON UPDATE CASCADE,
  position   INTEGER NOT NULL,
  PRIMARY KEY (message_id, position)
) WITHOUT ROWID;
CREATE INDEX message_file_file ON message_file (file_id);
CREATE TABLE message_reply (
  message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
  reply_to   TEXT NOT NULL
);
CREATE TABLE reaction (
  message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  contact_id INTEGER,
  emoji      TEXT NOT NULL,
  at         INTEGER NOT NULL
);
CREATE INDEX reaction_message ON reaction (message_id);
