PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE account (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  jid          TEXT NOT NULL UNIQUE,
  password     TEXT NOT NULL DEFAULT '',            -- '' when the configuration file has it
  host         TEXT NOT NULL DEFAULT '',
  ca_file      TEXT NOT NULL DEFAULT '',
  pin          TEXT NOT NULL DEFAULT '',
  resource     TEXT NOT NULL,
  from_config  INTEGER NOT NULL DEFAULT 0,
  archive_mark TEXT,
  login_key    TEXT,
  bot_id       INTEGER REFERENCES bot (id) ON DELETE SET NULL, -- whose own account it is; NULL for people's
  origin       TEXT NOT NULL DEFAULT 'person',      -- person | brought | api | register
  removing     INTEGER NOT NULL DEFAULT 0           -- to be deleted at its server, then here
);
INSERT INTO "account" VALUES(1,'ralf@example.org','v1:7pVUeRJbfFnBq5+HxYR3wkpgtg8vRSE5+l/dqepLrhOf6SdEDB/2sRV1DhD0xZy+ZYXpE6dakG+o','127.0.0.1:5222','/etc/ca.pem','sha256:00','botmother-1',0,NULL,'v1:ZAYnDirPYEbQxs4BG3bfZD2WkBefenXR5vQjYINFNsHdiR8Mv1/xvCC5x9ENozzBktob3C536PGT',NULL,'person',0);
INSERT INTO "account" VALUES(2,'bot@example.org','v1:l4Nh4e2EGScUAGji1Ycq49cxHCJ20TjcyIxDKDxdLXJ445JT/v1Q9LAQsPR4Qq7N5wh87tmhMrVR','127.0.0.1:5222','/etc/ca.pem','sha256:00','botmother-1',0,NULL,'v1:S31jV1VB2Kbzzs1QGPnkh4uBgl9KsWLEm4HNlPhVK96zfPczbQyT/iCFcx17vD20EeuI1uwYhHJW',1,'brought',0);
CREATE TABLE ai_turn (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_id     INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  peer       TEXT NOT NULL,
  place      TEXT NOT NULL,                         -- chat | room | api
  recipient  TEXT,
  question   TEXT NOT NULL,
  answer     TEXT,
  created_at INTEGER NOT NULL
);
INSERT INTO "ai_turn" VALUES(1,1,'anna@example.org','chat','anna@example.org','why?','because',1790000000);
INSERT INTO "ai_turn" VALUES(2,1,'anna@example.org','chat','anna@example.org','why?',NULL,1790000000);
CREATE TABLE ask (
  id             INTEGER PRIMARY KEY,
  bot_id         INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  number         INTEGER NOT NULL,
  key            TEXT,
  request_hash   BLOB,
  text           TEXT NOT NULL,
  options        TEXT NOT NULL,
  people         TEXT NOT NULL,
  is_room        INTEGER NOT NULL,
  asked          INTEGER NOT NULL,
  must_encrypt   INTEGER NOT NULL,
  escalate_after INTEGER NOT NULL,
  next_at        INTEGER,
  expires_at     INTEGER NOT NULL,
  status         TEXT NOT NULL,
  ended_at       INTEGER,
  answer         TEXT,
  option_index   INTEGER,
  answered_by    TEXT,
  answered_at    INTEGER,
  answer_id      TEXT,
  encrypted      INTEGER,
  trust          TEXT
);
INSERT INTO "ask" VALUES(1,1,1,'k',X'0101010101010101010101010101010101010101010101010101010101010101','v1:7pVUeRJbfFnBq5+HxYR3wkpgtg8vRSE5+l/dqepLrhOf6SdEDB/2sRV1DhD0xZy+ZYXpE6dakG+o','["yes","no"]','["anna@example.org"]',0,1,0,60000,NULL,1790000000000,'waiting',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE ask_message (
  ask_id     INTEGER NOT NULL REFERENCES ask (id) ON DELETE CASCADE,
  place      INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  PRIMARY KEY (ask_id, place)
) WITHOUT ROWID;
INSERT INTO "ask_message" VALUES(1,0,'m1');
CREATE TABLE audit_log (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_id     INTEGER,
  action     TEXT NOT NULL,
  details    TEXT NOT NULL DEFAULT '',
  ip_address TEXT,
  timestamp  INTEGER NOT NULL
, owner_jid TEXT, actor TEXT);
INSERT INTO "audit_log" VALUES(1,1,'create','name=one','127.0.0.1',1790000000,'ralf@example.org','token:1');
CREATE TABLE bot (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  name            TEXT NOT NULL,
  jid             TEXT,
  token_hash      TEXT UNIQUE,                      -- SHA-256 in lower-case hex; NULL after a revoke
  token_raw       TEXT,
  owner_jid       TEXT NOT NULL,
  description     TEXT NOT NULL DEFAULT '',
  permissions     TEXT NOT NULL DEFAULT 'all',
  status          TEXT NOT NULL DEFAULT 'active',   -- active | disabled
  mode            TEXT NOT NULL DEFAULT 'personal', -- personal | dedicated | cloud
  created_at      INTEGER NOT NULL DEFAULT 0,
  last_active     INTEGER NOT NULL DEFAULT 0,
  webhook_url     TEXT,
  webhook_secret  TEXT,
  webhook_enabled INTEGER NOT NULL DEFAULT 0,
  bot_password    TEXT,
  receive         TEXT NOT NULL DEFAULT 'self',     -- self | all
  access          TEXT NOT NULL DEFAULT 'owner',    -- owner | roster | list | public
  updates_dropped INTEGER NOT NULL DEFAULT 0
);
INSERT INTO "bot" VALUES(1,'one',NULL,'da91764fc1dbb05f2438ddf47a6f2549ad14e5425581133d087a8c8a1d217b30','v1:p1BNK5z/1ceiLkVhQPT72mM7pSIfRHZww35qxpxh8hn77hazCb2CKs71xeoxDOoz2rPTOaJbGMyBN2k7DqTD+yE=','ralf@example.org','ü 🤖   "''\ ','all','active','personal',1790000000,0,'https://hooks.example.org/x','v1:etjtXxIQz3FofepTUJILV72BUOwuqIrIiRcdL71vRQnw8pw=',1,NULL,'self','owner',0);
CREATE TABLE bot_command (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_id      INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  command     TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT ''
);
INSERT INTO "bot_command" VALUES(1,1,'time','What time it is');
CREATE TABLE bot_contact (
  bot_id INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  source TEXT NOT NULL,                             -- list | roster | withdrawn
  jid    TEXT NOT NULL,
  PRIMARY KEY (bot_id, source, jid)
) WITHOUT ROWID;
INSERT INTO "bot_contact" VALUES(1,'list','anna@example.org');
CREATE TABLE bot_profile (
  bot_id     INTEGER PRIMARY KEY REFERENCES bot (id) ON DELETE CASCADE,
  avatar     BLOB,
  avatar_id  TEXT,                                  -- SHA-1 of the picture in lower-case hex
  published  BLOB,                                  -- hash of what was published last
  has_arrived INTEGER NOT NULL DEFAULT 0,           -- its account was online once
  is_greeted INTEGER NOT NULL DEFAULT 0,            -- its owner was asked for his presence
  was_mutual INTEGER NOT NULL DEFAULT 0             -- and they saw each other once
);
INSERT INTO "bot_profile" VALUES(1,X'474946383961','0123',NULL,1,0,0);
CREATE TABLE bridge_file (
  id         INTEGER PRIMARY KEY,
  link_id    INTEGER NOT NULL REFERENCES bridge_link (id) ON DELETE CASCADE,
  bot_id     INTEGER NOT NULL,
  origin     TEXT NOT NULL,                         -- where it was said
  target     TEXT NOT NULL,                         -- where it is to be said
  message_id TEXT NOT NULL,                         -- under which id
  reply_to   TEXT,
  caption    TEXT NOT NULL,
  address    TEXT NOT NULL,                         -- as it was said, with the key of what is encrypted
  name       TEXT,
  media_type TEXT,
  bytes      INTEGER
);
INSERT INTO "bridge_file" VALUES(1,1,1,'tg:-1001234','ralf@example.org','c2',NULL,'a cat','v1:7pVUeRJbfFnBq5+HxYR3wkpgtg8vRSE5+l/dqepLrhOf6SdEDB/2sRV1DhD0xZy+ZYXpE6dakG+o','cat.png','image/png',9);
CREATE TABLE bridge_link (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_id       INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  here         TEXT NOT NULL,                       -- a person, owner@local, or a room
  here_kind    TEXT NOT NULL,                       -- chat | room
  there        TEXT NOT NULL,
  there_kind   TEXT NOT NULL,
  alias        TEXT NOT NULL DEFAULT '',
  mode         TEXT NOT NULL DEFAULT 'bridge',      -- bridge | forward: from here to there alone
  is_enabled   INTEGER NOT NULL DEFAULT 1,
  is_default   INTEGER NOT NULL DEFAULT 0,
  format_here  TEXT,                                -- how words of there are shown here; NULL: as usual
  format_there TEXT,
  trouble      TEXT,                                -- why something could not pass last; the owner was told
  created_at   INTEGER NOT NULL,
  UNIQUE (bot_id, there)
);
INSERT INTO "bridge_link" VALUES(1,1,'ralf@example.org','chat','tg:-1001234','group','Family','bridge',1,1,NULL,NULL,NULL,1790000000);
CREATE TABLE bridge_message (
  id           INTEGER PRIMARY KEY,
  link_id      INTEGER NOT NULL REFERENCES bridge_link (id) ON DELETE CASCADE,
  origin       TEXT NOT NULL,                       -- where it was said
  origin_id    TEXT NOT NULL,                       -- the id by which the bot knows it there
  origin_key   INTEGER NOT NULL,
  origin_alias INTEGER,                             -- the key of another id it has
  copy         TEXT NOT NULL,                       -- where the bot said it
  copy_id      TEXT NOT NULL,
  copy_key     INTEGER NOT NULL,
  created_at   INTEGER NOT NULL
);
INSERT INTO "bridge_message" VALUES(1,1,'tg:-1001234','7',77,NULL,'ralf@example.org','c1',78,1790000000);
CREATE TABLE bridge_reaction (
  passed_id INTEGER NOT NULL REFERENCES bridge_message (id) ON DELETE CASCADE,
  side      TEXT NOT NULL,                          -- here | there: where he is
  who       TEXT NOT NULL,
  emoji     TEXT NOT NULL,
  number    INTEGER NOT NULL,                       -- the greatest is the newest
  PRIMARY KEY (passed_id, side, who)
) WITHOUT ROWID;
INSERT INTO "bridge_reaction" VALUES(1,'there','Anna','👍',1);
CREATE TABLE button_press (
  id         TEXT PRIMARY KEY,
  bot_id     INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  sender     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  message_id TEXT NOT NULL,
  native     TEXT,                                  -- what the channel calls the press
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "button_press" VALUES('p1',1,'anna@example.org','chat','m1',NULL,1790000000);
CREATE TABLE contact (
  id      INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,                            -- xmpp | local
  address TEXT NOT NULL,                            -- of an occupant: room#id:occupant id or room#nick:nick
  name    TEXT NOT NULL,                            -- what he was called last; '' where that is not known
  UNIQUE (channel, address)
);
INSERT INTO "contact" VALUES(1,'local','owner@local','');
INSERT INTO "contact" VALUES(2,'xmpp','anna@example.org','');
INSERT INTO "contact" VALUES(3,'xmpp','den@muc.example.org#id:1','Änne');
INSERT INTO "contact" VALUES(4,'xmpp','den@muc.example.org#nick:Eve','Eve');
CREATE TABLE conversation (
  id         INTEGER PRIMARY KEY,
  channel    TEXT NOT NULL,
  bot_id     INTEGER REFERENCES bot (id) ON DELETE CASCADE,
  account_id INTEGER REFERENCES account (id) ON DELETE CASCADE, -- through which; NULL where the channel has none
  address    TEXT NOT NULL,
  kind       TEXT NOT NULL,                         -- chat | room | private: with an occupant of a room
  contact_id INTEGER                                -- with whom; NULL in a room
);
INSERT INTO "conversation" VALUES(1,'xmpp',1,1,'anna@example.org','chat',2);
INSERT INTO "conversation" VALUES(2,'xmpp',1,1,'den@muc.example.org','room',NULL);
INSERT INTO "conversation" VALUES(3,'local',1,NULL,'owner@local','chat',1);
INSERT INTO "conversation" VALUES(4,'local',NULL,NULL,'owner@local','chat',1);
CREATE TABLE farewell (
  account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
  owner_jid  TEXT NOT NULL
);
INSERT INTO "farewell" VALUES(2,'anna@example.org');
CREATE TABLE file (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_id     INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  file_id    TEXT NOT NULL,                         -- made from the address
  message_id TEXT NOT NULL,                         -- of the message that named it last
  url        TEXT NOT NULL,
  name       TEXT,
  media_type TEXT,
  size       INTEGER,
  file_key   TEXT,                                  -- of an encrypted file: the fragment of its address
  created_at INTEGER NOT NULL,
  UNIQUE (bot_id, file_id)
);
INSERT INTO "file" VALUES(1,1,'f','m','https://h/f',NULL,NULL,7,'v1:uNNyefxKHSimZ85lsdg6UKKUgdrFhfRCunJHh4xz+4GdqkR+nA+SdwKzMTweLBwyX8x8l00/Rzc=',1790000000);
CREATE TABLE idempotency (
  bot_id       INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  key          TEXT NOT NULL,
  message_id   TEXT NOT NULL,
  request_hash BLOB NOT NULL,                       -- 32 bytes, and one more: went out encrypted; absent: not known
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (bot_id, key)
) WITHOUT ROWID;
INSERT INTO "idempotency" VALUES(1,'key','m1',X'030303030303030303030303030303030303030303030303030303030303030301',1790000000);
CREATE TABLE keyboard (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_id     INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  account_id INTEGER,                               -- through which; NULL where the channel has none
  address    TEXT NOT NULL,                         -- with whom the conversation is
  kind       TEXT NOT NULL,                         -- chat | room | private
  message_id TEXT NOT NULL,                         -- by which the bot's program knows the message
  shown_id   TEXT NOT NULL,                         -- the id of what shows them: of a correction its own
  place      TEXT NOT NULL,                         -- inline | reply | once
  turn       INTEGER NOT NULL DEFAULT 0,            -- 0: nobody has spoken since; 1: the other side; 2: and the bot again
  encrypted  INTEGER NOT NULL,                      -- 1: its labels must not be seen in plain text
  content    TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
INSERT INTO "keyboard" VALUES(1,1,1,'anna@example.org','chat','m1','m1','inline',0,0,'v1:7pVUeRJbfFnBq5+HxYR3wkpgtg8vRSE5+l/dqepLrhOf6SdEDB/2sRV1DhD0xZy+ZYXpE6dakG+o',1790000000);
CREATE TABLE keyboard_reaction (
  keyboard_id INTEGER NOT NULL REFERENCES keyboard (id) ON DELETE CASCADE,
  who         TEXT NOT NULL,
  numbers     TEXT NOT NULL,                        -- with spaces between
  PRIMARY KEY (keyboard_id, who)
) WITHOUT ROWID;
INSERT INTO "keyboard_reaction" VALUES(1,'anna@example.org','1');
CREATE TABLE link_filter (
  link_id INTEGER NOT NULL REFERENCES bridge_link (id) ON DELETE CASCADE,
  text    TEXT NOT NULL,
  PRIMARY KEY (link_id, text)
) WITHOUT ROWID;
INSERT INTO "link_filter" VALUES(1,'spam');
CREATE TABLE link_member (
  link_id  INTEGER NOT NULL REFERENCES bridge_link (id) ON DELETE CASCADE,
  person   INTEGER NOT NULL,
  username TEXT,
  name     TEXT NOT NULL,
  seen_at  INTEGER NOT NULL,
  PRIMARY KEY (link_id, person)
) WITHOUT ROWID;
INSERT INTO "link_member" VALUES(1,42,'anna','Anna',1790000000);
CREATE TABLE link_order (
  link_id    INTEGER PRIMARY KEY REFERENCES bridge_link (id) ON DELETE CASCADE,
  ai         TEXT NOT NULL,                         -- off | on: when it is spoken to | always
  is_on      INTEGER NOT NULL,                      -- what people say is judged
  action     TEXT NOT NULL,                         -- delete | mute | kick | ban
  seconds    INTEGER,                               -- how long mute and ban hold; NULL: for good
  per_minute INTEGER,                               -- messages of one person; NULL: any number
  bars_links INTEGER NOT NULL,
  welcome    TEXT
);
INSERT INTO "link_order" VALUES(1,'on',1,'mute',60,5,1,'Welcome!');
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
INSERT INTO "message" VALUES(1,1,NULL,'anna@example.org/phone','m1',-3887183956728003391,NULL,NULL,'kept',NULL,0,0,1790000000,1790000000);
INSERT INTO "message" VALUES(2,2,3,NULL,'a1',-765627950858751136,5829665508407983872,NULL,NULL,NULL,5,0,1790000000,1790000000);
INSERT INTO "message" VALUES(3,3,1,NULL,NULL,NULL,NULL,NULL,'hello',NULL,5,0,1790000000,1790000000);
INSERT INTO "message" VALUES(4,3,NULL,NULL,NULL,NULL,NULL,NULL,'hi',NULL,5,0,1790000000,1790000000);
INSERT INTO "message" VALUES(5,4,1,NULL,NULL,NULL,NULL,NULL,'/help',NULL,5,0,1790000000,1790000000);
INSERT INTO "message" VALUES(6,4,NULL,NULL,NULL,NULL,NULL,NULL,'…',NULL,5,0,1790000000,1790000000);
INSERT INTO "message" VALUES(7,1,NULL,NULL,'m2',3008882331421385109,NULL,NULL,NULL,'m1',2,0,1790000001,1790000001);
INSERT INTO "message" VALUES(8,1,NULL,NULL,'m3',1528992613635066739,NULL,NULL,NULL,NULL,5,1,1790000002,1790000002);
INSERT INTO "message" VALUES(9,2,NULL,NULL,'r1',-9010601390311183475,-1061576697845663465,'archived-1',NULL,NULL,1,0,1790000003,1790000003);
INSERT INTO "message" VALUES(10,2,4,NULL,'a2',3186932571232563205,5829665508407983872,NULL,NULL,NULL,5,0,1790000004,1790000004);
INSERT INTO "message" VALUES(11,2,3,NULL,'a3',-833778864426985233,5829665508407983872,NULL,NULL,NULL,5,0,1790000005,1790000005);
CREATE TABLE message_file (
  message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  file_id    INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE ON UPDATE CASCADE,
  position   INTEGER NOT NULL,
  PRIMARY KEY (message_id, position)
) WITHOUT ROWID;
INSERT INTO "message_file" VALUES(1,1,0);
CREATE TABLE message_reply (
  message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
  reply_to   TEXT NOT NULL
);
INSERT INTO "message_reply" VALUES(1,'m0');
CREATE TABLE number_bot (
  bot_id  INTEGER PRIMARY KEY REFERENCES bot (id) ON DELETE CASCADE,
  allowed TEXT,                                     -- updates it wants, as its program names them; NULL: never said
  hook    INTEGER NOT NULL DEFAULT 0                -- 1: its webhook is told by numbers, too
);
INSERT INTO "number_bot" VALUES(1,'["message"]',1);
CREATE TABLE number_chat (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  address TEXT NOT NULL UNIQUE,
  is_room INTEGER NOT NULL
);
INSERT INTO "number_chat" VALUES(1,'anna@example.org',0);
CREATE TABLE number_known (
  bot_id INTEGER NOT NULL,
  chat   INTEGER NOT NULL,
  PRIMARY KEY (bot_id, chat)
) WITHOUT ROWID;
INSERT INTO "number_known" VALUES(1,1);
CREATE TABLE number_message (
  bot_id INTEGER NOT NULL,
  chat   INTEGER NOT NULL,
  number INTEGER NOT NULL,
  name   TEXT NOT NULL,                             -- the id by which we know it
  key    INTEGER NOT NULL,
  PRIMARY KEY (bot_id, chat, number)
) WITHOUT ROWID;
INSERT INTO "number_message" VALUES(1,1,1,'m1',79);
CREATE TABLE omemo_device (
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  version    INTEGER NOT NULL,                      -- 0: OMEMO 0.3; 2: OMEMO 2
  record     TEXT NOT NULL,
  revision   INTEGER NOT NULL,                      -- grows whenever the bundle changes
  published  INTEGER NOT NULL DEFAULT 0,            -- the revision that is out
  listed_at  INTEGER NOT NULL DEFAULT 0,            -- Unix time: put on the list of devices last
  PRIMARY KEY (account_id, version)
) WITHOUT ROWID;
INSERT INTO "omemo_device" VALUES(1,0,'sealed',3,2,1790000000);
CREATE TABLE omemo_key (
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  jid        TEXT NOT NULL,
  device     INTEGER NOT NULL,
  key        BLOB NOT NULL,                         -- Montgomery form
  standing   TEXT NOT NULL,                         -- accepted | open | verified | refused | changed
  first_seen INTEGER NOT NULL,
  PRIMARY KEY (account_id, jid, device, key)
) WITHOUT ROWID;
INSERT INTO "omemo_key" VALUES(1,'anna@example.org',7,X'0707070707070707070707070707070707070707070707070707070707070707','accepted',1790000000);
CREATE TABLE omemo_list (
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  version    INTEGER NOT NULL,
  jid        TEXT NOT NULL,
  devices    TEXT NOT NULL,                         -- ids with spaces between
  at         INTEGER NOT NULL,                      -- Unix time
  PRIMARY KEY (account_id, version, jid)
) WITHOUT ROWID;
INSERT INTO "omemo_list" VALUES(1,0,'anna@example.org','7 8',1790000000);
CREATE TABLE omemo_policy (
  account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
  policy     TEXT NOT NULL                          -- blind | tofu | pinned
);
INSERT INTO "omemo_policy" VALUES(1,'tofu');
CREATE TABLE omemo_session (
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  version    INTEGER NOT NULL,
  jid        TEXT NOT NULL,
  device     INTEGER NOT NULL,
  record     TEXT,
  owes       INTEGER NOT NULL DEFAULT 0,            -- 1: an empty message; 2: a new session; 3: the same, put back
  healed_at  INTEGER NOT NULL DEFAULT 0,            -- Unix time: begun anew after an error last
  PRIMARY KEY (account_id, version, jid, device)
) WITHOUT ROWID;
INSERT INTO "omemo_session" VALUES(1,0,'anna@example.org',7,'v1:XDIgAkn9WKfk8YokYEXxQjIbet9SRVQGQvJRH5HAEBs=',1,1790000000);
CREATE TABLE omemo_skipped (
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  version    INTEGER NOT NULL,
  jid        TEXT NOT NULL,
  device     INTEGER NOT NULL,
  until      INTEGER NOT NULL,                      -- Unix time
  PRIMARY KEY (account_id, version, jid, device)
) WITHOUT ROWID;
INSERT INTO "omemo_skipped" VALUES(1,0,'anna@example.org',8,1790000000);
CREATE TABLE omemo_waiting (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  bot_id     INTEGER REFERENCES bot (id) ON DELETE SET NULL,
  jid        TEXT NOT NULL,
  message_id TEXT NOT NULL,
  stanza     TEXT NOT NULL,
  required   INTEGER NOT NULL,                      -- never goes out otherwise
  created_at INTEGER NOT NULL
);
INSERT INTO "omemo_waiting" VALUES(1,1,1,'anna@example.org','m2','v1:tHNYf8AyK+lNVjwemDckF6+8Hx/+tZC0x5wGv/cugKEnNlIjwtw=',1,1790000000);
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
INSERT INTO "outbox" VALUES(1,'',1,1,'m1',1,'<message id=''m1''><body>ü 🤖</body></message>',NULL,1790000000);
INSERT INTO "outbox" VALUES(1,'den@muc.example.org',2,1,'r1',1,'<message id=''r1''><body>ü 🤖</body></message>','m-7',1790000000);
CREATE TABLE own_command (
  bot_id INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  name   TEXT NOT NULL,
  text   TEXT NOT NULL,
  PRIMARY KEY (bot_id, name)
) WITHOUT ROWID;
INSERT INTO "own_command" VALUES(1,'hours','9 to 5');
CREATE TABLE reaction (
  message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  contact_id INTEGER,
  emoji      TEXT NOT NULL,
  at         INTEGER NOT NULL
);
INSERT INTO "reaction" VALUES(1,2,'👍',1790000001);
INSERT INTO "reaction" VALUES(1,NULL,'🎉',1790000002);
CREATE TABLE room (
  account_id   INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  room         TEXT NOT NULL,
  nick         TEXT NOT NULL,
  password     TEXT,
  archive_mark TEXT,                                -- in the room's archive
  heard_at     INTEGER NOT NULL,                    -- milliseconds since 1970
  private      INTEGER,                             -- see RoomRow
  PRIMARY KEY (account_id, room)
) WITHOUT ROWID;
INSERT INTO "room" VALUES(1,'den@muc.example.org','Ro 🤖','v1:yRFswb9pK/gHzEQIifXqZeuudkVCdJu80++xZfKmX4yw+wvG9N0t','m-7',1790000000000,NULL);
CREATE TABLE room_member (
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  room       TEXT NOT NULL,
  bot_id     INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  PRIMARY KEY (account_id, room, bot_id)
) WITHOUT ROWID;
INSERT INTO "room_member" VALUES(1,'den@muc.example.org',1);
CREATE TABLE seen (
  account_id INTEGER NOT NULL,
  key        BLOB NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (account_id, key)
) WITHOUT ROWID;
INSERT INTO "seen" VALUES(1,X'18BFCA842BDD8816B2C3D44EDEBF5AFE',1790000000);
CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "settings" VALUES('bot_1_ai_enabled','true');
INSERT INTO "settings" VALUES('bot_1_ai_endpoint','http://127.0.0.1:11434');
INSERT INTO "settings" VALUES('bot_1_ai_key','v1:9Po5YsXmE2gDprvCYxkvrPfK/EH8Zcw36WBxWB+VyOR6');
INSERT INTO "settings" VALUES('bot_1_ai_model','m');
INSERT INTO "settings" VALUES('bot_1_ai_type','ollama');
INSERT INTO "settings" VALUES('secret_key_check','v1:e0a3vpdLjj/r2WBEzktIqANyJTjsmxyiuTawrQUcgTXoFaLrbg==');
CREATE TABLE telegram_bot (
  bot_id      INTEGER PRIMARY KEY REFERENCES bot (id) ON DELETE CASCADE,
  token       TEXT NOT NULL,
  token_hash  BLOB NOT NULL,
  api_url     TEXT NOT NULL,
  user_id     INTEGER NOT NULL,
  username    TEXT NOT NULL,
  name        TEXT NOT NULL,
  is_enabled  INTEGER NOT NULL,
  next_update INTEGER NOT NULL DEFAULT 0,
  trouble     TEXT
);
INSERT INTO "telegram_bot" VALUES(1,'v1:7pVUeRJbfFnBq5+HxYR3wkpgtg8vRSE5+l/dqepLrhOf6SdEDB/2sRV1DhD0xZy+ZYXpE6dakG+o',X'0202020202020202020202020202020202020202020202020202020202020202','https://api.telegram.org',4242,'our_bot','Ours',1,9,NULL);
CREATE TABLE telegram_chat (
  bot_id   INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  address  TEXT NOT NULL,
  title    TEXT NOT NULL DEFAULT '',
  last_name TEXT NOT NULL DEFAULT '',
  is_heard INTEGER NOT NULL DEFAULT 0,
  unheard  INTEGER NOT NULL DEFAULT 0,
  at       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (bot_id, address)
) WITHOUT ROWID;
INSERT INTO "telegram_chat" VALUES(1,'tg:-1001234','Family','Anna',1,0,1790000000);
CREATE TABLE telegram_message (
  bot_id     INTEGER NOT NULL,
  chat       INTEGER NOT NULL,
  number     INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  part       INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (bot_id, chat, number)
) WITHOUT ROWID;
INSERT INTO "telegram_message" VALUES(1,-1001234,7,'m1',0,1790000000);
CREATE TABLE telegram_outbox (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_id     INTEGER NOT NULL,
  chat       INTEGER NOT NULL,
  thread     INTEGER,
  message_id TEXT NOT NULL,
  part       INTEGER NOT NULL,
  method     TEXT NOT NULL,
  about      TEXT,
  fields     TEXT NOT NULL,
  note       TEXT,
  state      INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
);
INSERT INTO "telegram_outbox" VALUES(1,1,-1001234,NULL,'m1',0,'sendMessage',NULL,'"text":"hi"',NULL,0,1790000000);
CREATE TABLE tenant (
  jid        TEXT PRIMARY KEY,
  role       TEXT NOT NULL,
  sees       TEXT,
  bots       INTEGER,
  messages   INTEGER,
  storage    INTEGER,
  ai_calls   INTEGER,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "tenant" VALUES('ralf@example.org','owner',NULL,3,NULL,NULL,50,1790000000);
CREATE TABLE token (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  hash       TEXT NOT NULL UNIQUE,
  bot_id     INTEGER REFERENCES bot (id) ON DELETE CASCADE,
  person     TEXT,
  label      TEXT NOT NULL,
  ending     TEXT NOT NULL,
  rights     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used  INTEGER NOT NULL DEFAULT 0
);
INSERT INTO "token" VALUES(1,'abababababababababababababababababababababababababababababababab',1,NULL,'sensor','wxyz','send',1790000000,1800000000,0);
INSERT INTO "token" VALUES(2,'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd',NULL,'ralf@example.org','ü phone','1234','owner',1790000000,NULL,1790000500);
CREATE TABLE unread (
  update_id  INTEGER PRIMARY KEY,
  bot_id     INTEGER NOT NULL,
  sender     TEXT NOT NULL,
  message_id TEXT NOT NULL
);
INSERT INTO "unread" VALUES(2,1,'anna@example.org','x1');
CREATE TABLE update_queue (
  bot_id      INTEGER NOT NULL,
  id          INTEGER NOT NULL,
  update_type TEXT NOT NULL,
  payload     TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (bot_id, id)
) WITHOUT ROWID;
INSERT INTO "update_queue" VALUES(0,40,'','',0);
INSERT INTO "update_queue" VALUES(1,1,'message','{}',1790000000);
INSERT INTO "update_queue" VALUES(1,2,'message','{"from":"anna@example.org","body":"hi"}',1790000000);
CREATE TABLE usage (
  owner_jid TEXT PRIMARY KEY,
  day       INTEGER NOT NULL,
  messages  INTEGER NOT NULL,
  ai_calls  INTEGER NOT NULL,
  up_to     INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "usage" VALUES('ralf@example.org',20700,4,1,9);
CREATE TABLE webhook (
  bot_id        INTEGER PRIMARY KEY REFERENCES bot (id) ON DELETE CASCADE,
  gone_since    INTEGER,                            -- nothing but 410 since then
  last_error_at INTEGER,
  last_error    TEXT
);
INSERT INTO "webhook" VALUES(1,NULL,1790000000,'HTTP 500');
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
INSERT INTO "webhook_attempt" VALUES(1,1,2,'d',1,200,5,1790000000,NULL,'message','{}');
CREATE TABLE webhook_retry (
  update_id INTEGER PRIMARY KEY,
  bot_id    INTEGER NOT NULL,
  attempts  INTEGER NOT NULL,
  next_at   INTEGER NOT NULL
);
INSERT INTO "webhook_retry" VALUES(2,1,2,1790000000000);
CREATE INDEX bot_command_bot ON bot_command (bot_id, id);
CREATE INDEX account_bot ON account (bot_id);
CREATE INDEX file_message ON file (bot_id, message_id);
CREATE INDEX omemo_waiting_account ON omemo_waiting (account_id, jid, id);
CREATE INDEX room_member_bot ON room_member (bot_id);
CREATE INDEX conversation_address ON conversation (address, account_id, bot_id);
CREATE INDEX idempotency_created ON idempotency (created_at);
CREATE INDEX ai_turn_peer ON ai_turn (bot_id, peer, id);
CREATE INDEX ai_turn_created ON ai_turn (created_at);
CREATE INDEX ai_turn_open ON ai_turn (id) WHERE answer IS NULL;
CREATE INDEX outbox_odd ON outbox (account_id, message_id) WHERE is_odd IS NOT NULL;
CREATE INDEX unread_bot ON unread (bot_id, sender, update_id);
CREATE INDEX webhook_retry_bot ON webhook_retry (bot_id, update_id);
CREATE INDEX message_key ON message (key) WHERE key IS NOT NULL;
CREATE INDEX message_alias ON message (alias) WHERE alias IS NOT NULL;
CREATE INDEX message_unseen ON message (conversation_id, id) WHERE progress < 3;
CREATE INDEX message_body ON message (conversation_id, id) WHERE body IS NOT NULL;
CREATE INDEX message_file_file ON message_file (file_id);
CREATE INDEX reaction_message ON reaction (message_id);
CREATE INDEX token_bot ON token (bot_id);
CREATE INDEX bridge_message_origin ON bridge_message (origin_key);
CREATE INDEX bridge_message_alias ON bridge_message (origin_alias) WHERE origin_alias IS NOT NULL;
CREATE INDEX bridge_message_copy ON bridge_message (copy_key);
CREATE INDEX keyboard_address ON keyboard (address, account_id, id);
CREATE INDEX keyboard_message ON keyboard (bot_id, message_id);
CREATE INDEX keyboard_shown ON keyboard (shown_id);
CREATE INDEX button_press_bot ON button_press (bot_id, created_at);
CREATE INDEX number_message_key ON number_message (key);
CREATE UNIQUE INDEX ask_key ON ask (bot_id, key);
CREATE INDEX ask_message_id ON ask_message (message_id);
CREATE INDEX telegram_outbox_bot ON telegram_outbox (bot_id, message_id);
CREATE INDEX telegram_message_id ON telegram_message (bot_id, message_id, part);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('bot',1);
INSERT INTO "sqlite_sequence" VALUES('account',2);
INSERT INTO "sqlite_sequence" VALUES('bot_command',1);
INSERT INTO "sqlite_sequence" VALUES('audit_log',1);
INSERT INTO "sqlite_sequence" VALUES('file',1);
INSERT INTO "sqlite_sequence" VALUES('ai_turn',2);
INSERT INTO "sqlite_sequence" VALUES('omemo_waiting',1);
INSERT INTO "sqlite_sequence" VALUES('token',2);
INSERT INTO "sqlite_sequence" VALUES('bridge_link',1);
INSERT INTO "sqlite_sequence" VALUES('keyboard',1);
INSERT INTO "sqlite_sequence" VALUES('number_chat',1);
INSERT INTO "sqlite_sequence" VALUES('telegram_outbox',1);
COMMIT;
PRAGMA user_version = 6;
