-- From version 3: the tables that messages pass through have no references, which would be looked after with each message,
-- and fewer b-trees. Children go first: dropping a table deletes its rows, and what refers to them.
ALTER TABLE outbox RENAME TO old;
CREATE TABLE outbox (
  account_id   INTEGER NOT NULL,
  room         TEXT NOT NULL,
  id           INTEGER NOT NULL,
  bot_id       INTEGER,
  message_id   TEXT NOT NULL,
  is_odd       INTEGER,
  stanza       TEXT NOT NULL,
  archive_mark TEXT,
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (account_id, room, id)
) WITHOUT ROWID;
INSERT INTO outbox (account_id, room, id, bot_id, message_id, is_odd, stanza, archive_mark, created_at)
  SELECT account_id, coalesce(room, ''), id, bot_id, message_id, 1, stanza, archive_mark, created_at FROM old;
DROP TABLE old;
CREATE INDEX outbox_odd ON outbox (account_id, message_id) WHERE is_odd IS NOT NULL;
ALTER TABLE seen RENAME TO old;
CREATE TABLE seen (
  account_id INTEGER NOT NULL,
  key        BLOB NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (account_id, key)
) WITHOUT ROWID;
INSERT INTO seen SELECT * FROM old;
DROP TABLE old;
ALTER TABLE unread RENAME TO old;
CREATE TABLE unread (
  update_id  INTEGER PRIMARY KEY,
  bot_id     INTEGER NOT NULL,
  sender     TEXT NOT NULL,
  message_id TEXT NOT NULL
);
INSERT INTO unread SELECT * FROM old;
DROP TABLE old;
CREATE INDEX unread_bot ON unread (bot_id, sender, update_id);
ALTER TABLE webhook_retry RENAME TO old;
CREATE TABLE webhook_retry (
  update_id INTEGER PRIMARY KEY,
  bot_id    INTEGER NOT NULL,
  attempts  INTEGER NOT NULL,
  next_at   INTEGER NOT NULL
);
INSERT INTO webhook_retry SELECT * FROM old;
DROP TABLE old;
CREATE INDEX webhook_retry_bot ON webhook_retry (bot_id, update_id);
ALTER TABLE webhook_attempt RENAME TO old;
CREATE TABLE webhook_attempt (
  bot_id      INTEGER NOT NULL,
  id          INTEGER NOT NULL,
  update_id   INTEGER NOT NULL,
  delivery_id TEXT NOT NULL,
  attempt     INTEGER NOT NULL,
  status      INTEGER,
  latency_ms  INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  error       TEXT,
  update_type TEXT NOT NULL,
  payload     TEXT,
  PRIMARY KEY (bot_id, id)
) WITHOUT ROWID;
INSERT INTO webhook_attempt
  (bot_id, id, update_id, delivery_id, attempt, status, latency_ms, at, error, update_type, payload)
  SELECT bot_id, id, update_id, delivery_id, attempt, status, latency_ms, at, error, update_type, payload FROM old;
DROP TABLE old;
ALTER TABLE update_queue RENAME TO old;
CREATE TABLE update_queue (
  bot_id      INTEGER NOT NULL,
  id          INTEGER NOT NULL,
  update_type TEXT NOT NULL,
  payload     TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (bot_id, id)
) WITHOUT ROWID;
INSERT INTO update_queue (bot_id, id, update_type, payload, created_at)
  SELECT bot_id, id, update_type, payload, created_at FROM old;
-- Numbers once given are not given again, also where the last rows are gone.
INSERT INTO update_queue (bot_id, id, update_type, payload, created_at)
  SELECT 0, seq, '', '', 0 FROM sqlite_sequence WHERE name = 'old';
DROP TABLE old;
-- What refers to messages is put aside meanwhile.
CREATE TABLE old_message_file AS SELECT * FROM message_file;
DROP TABLE message_file;
CREATE TABLE old_message_reply AS SELECT * FROM message_reply;
DROP TABLE message_reply;
CREATE TABLE old_reaction AS SELECT * FROM reaction;
DROP TABLE reaction;
ALTER TABLE message RENAME TO old;
CREATE TABLE message (
  id              INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL,
  contact_id      INTEGER,
  recipient       TEXT,
  name            TEXT,
  key             INTEGER,
  alias           INTEGER,
  room_id         TEXT,
  body            TEXT,
  original        TEXT,
  progress        INTEGER NOT NULL,
  deleted         INTEGER NOT NULL DEFAULT 0,
  at              INTEGER NOT NULL,
  created_at      INTEGER NOT NULL
);
INSERT INTO message SELECT * FROM old;
DROP TABLE old;
CREATE INDEX message_key ON message (key) WHERE key IS NOT NULL;
CREATE INDEX message_alias ON message (alias) WHERE alias IS NOT NULL;
CREATE INDEX message_unseen ON message (conversation_id, id) WHERE progress < 3;
CREATE INDEX message_body ON message (conversation_id, id) WHERE body IS NOT NULL;
CREATE TABLE message_file (
  message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  file_id    INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE ON UPDATE CASCADE,
  position   INTEGER NOT NULL,
  PRIMARY KEY (message_id, position)
) WITHOUT ROWID;
INSERT INTO message_file SELECT * FROM old_message_file;
DROP TABLE old_message_file;
CREATE INDEX message_file_file ON message_file (file_id);
CREATE TABLE message_reply (
  message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
  reply_to   TEXT NOT NULL
);
INSERT INTO message_reply SELECT * FROM old_message_reply;
DROP TABLE old_message_reply;
CREATE TABLE reaction (
  message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  contact_id INTEGER,
  emoji      TEXT NOT NULL,
  at         INTEGER NOT NULL
);
INSERT INTO reaction SELECT * FROM old_reaction;
DROP TABLE old_reaction;
CREATE INDEX reaction_message ON reaction (message_id);
