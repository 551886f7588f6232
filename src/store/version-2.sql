-- From version 1: one model for what is said on every channel, in place of sent, heard and local_message.
CREATE TABLE contact (
  id      INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  name    TEXT NOT NULL,
  UNIQUE (channel, address)
);
CREATE TABLE conversation (
  id         INTEGER PRIMARY KEY,
  channel    TEXT NOT NULL,
  bot_id     INTEGER REFERENCES bot (id) ON DELETE CASCADE,
  account_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
  address    TEXT NOT NULL,
  kind       TEXT NOT NULL,
  contact_id INTEGER
);
CREATE INDEX conversation_address ON conversation (address, account_id, bot_id);
CREATE TABLE message (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
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
CREATE INDEX message_key ON message (key) WHERE key IS NOT NULL;
CREATE INDEX message_alias ON message (alias) WHERE alias IS NOT NULL;
CREATE INDEX message_unseen ON message (conversation_id, id) WHERE progress < 3;
CREATE INDEX message_body ON message (conversation_id, id) WHERE body IS NOT NULL;

-- All messages of before in one order, each with the address it belongs to. In a room, each bot has what all were told;
-- whoever is in none any more needs it no more. The part before the / of an address is the person, unless it is a room.
CREATE TEMP TABLE old AS
  SELECT s.id AS was, 0 AS source, s.created_at AS at, s.bot_id, s.account_id, 'xmpp' AS channel,
         CASE WHEN instr(s.recipient, '/') = 0 THEN s.recipient
              WHEN r.room IS NOT NULL THEN s.recipient
              ELSE substr(s.recipient, 1, instr(s.recipient, '/') - 1) END AS address,
         CASE WHEN r.room IS NULL THEN 'chat' WHEN r.room = s.recipient THEN 'room' ELSE 'private' END AS kind,
         s.recipient, s.message_id AS name, s.room_id, NULL AS other, NULL AS author, NULL AS nick, NULL AS body,
         s.original, s.progress, s.deleted
    FROM sent AS s LEFT JOIN room AS r ON r.account_id = s.account_id
         AND r.room = substr(s.recipient, 1, instr(s.recipient || '/', '/') - 1)
  UNION ALL
  SELECT h.id, 1, h.created_at, m.bot_id, h.account_id, 'xmpp', h.room, 'room', h.room, h.told_id, NULL,
         nullif(h.wire_id, ''), h.room || '#' || h.author, h.nick, NULL, NULL, 5, 0
    FROM heard AS h JOIN room_member AS m ON m.account_id = h.account_id AND m.room = h.room
  UNION ALL
  SELECT l.id, 2, l.created_at, l.bot_id, NULL, 'local', 'owner@local', 'chat', 'owner@local', NULL, NULL, NULL,
         CASE WHEN l.from_owner THEN 'owner@local' END, NULL, l.text, NULL, 5, 0
    FROM local_message AS l
  ORDER BY at, source, was;

INSERT INTO contact (channel, address, name)
  SELECT channel, address, '' FROM old WHERE kind <> 'room' GROUP BY channel, address;
-- SQLite takes the nick from the row that has the maximum.
INSERT INTO contact (channel, address, name)
  SELECT 'xmpp', author, nick FROM (SELECT author, nick, max(rowid) FROM old WHERE kind = 'room' AND author IS NOT NULL
                                    GROUP BY author);
INSERT INTO conversation (channel, bot_id, account_id, address, kind, contact_id)
  SELECT o.channel, o.bot_id, o.account_id, o.address, o.kind,
         CASE WHEN o.kind <> 'room' THEN (SELECT id FROM contact WHERE channel = o.channel AND address = o.address) END
    FROM (SELECT DISTINCT channel, bot_id, account_id, address, kind FROM old) AS o;
INSERT INTO message (id, conversation_id, contact_id, recipient, name, room_id, body, original, progress, deleted, at,
                     created_at)
  SELECT o.rowid,
         (SELECT c.id FROM conversation AS c WHERE c.address = o.address AND c.account_id IS o.account_id
            AND c.bot_id IS o.bot_id AND c.kind = o.kind),
         (SELECT p.id FROM contact AS p WHERE p.channel = o.channel AND p.address = o.author),
         nullif(o.recipient, o.address), o.name, o.room_id, o.body, o.original, o.progress, o.deleted, o.at, o.at
    FROM old AS o ORDER BY o.rowid;

DROP TABLE sent;
DROP TABLE heard;
DROP TABLE local_message;
DROP INDEX seen_at;
