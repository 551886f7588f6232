-- Today's schema. Applied whole to a new file; older files come here by the numbered steps of migrate.rs.
-- Names of `bot`, `bot_command`, `update_queue`, `settings`, `audit_log` and of their columns are DinoX's.
-- AUTOINCREMENT where a number once given out must never name anything else.

-- Owner: bot.rs. Sealed columns: token_raw, webhook_secret, bot_password. webhook.rs has the
-- webhook_* columns. permissions and bot_password are DinoX's, not used yet.
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

-- Owner: command.rs.
CREATE TABLE bot_command (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_id      INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  command     TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT ''
);
CREATE INDEX bot_command_bot ON bot_command (bot_id, id);

-- Owner: update.rs. The row of bot 0 is empty: it has the last number given, where the update that had it is gone.
CREATE TABLE update_queue (
  bot_id      INTEGER NOT NULL,
  id          INTEGER NOT NULL,                     -- grows over all bots
  update_type TEXT NOT NULL,
  payload     TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (bot_id, id)
) WITHOUT ROWID;

-- Owner: webhook.rs. How a webhook fares; its address stands in bot. Unix time.
CREATE TABLE webhook (
  bot_id        INTEGER PRIMARY KEY REFERENCES bot (id) ON DELETE CASCADE,
  gone_since    INTEGER,                            -- nothing but 410 since then
  last_error_at INTEGER,
  last_error    TEXT
);

-- Owner: webhook.rs. Updates that were tried in vain.
CREATE TABLE webhook_retry (
  update_id INTEGER PRIMARY KEY,
  bot_id    INTEGER NOT NULL,
  attempts  INTEGER NOT NULL,
  next_at   INTEGER NOT NULL                        -- milliseconds since 1970
);
CREATE INDEX webhook_retry_bot ON webhook_retry (bot_id, update_id);

-- Owner: webhook.rs. The last attempts of each bot; those that succeeded have what is needed to repeat them.
CREATE TABLE webhook_attempt (
  bot_id      INTEGER NOT NULL,
  id          INTEGER NOT NULL,                     -- the order within a bot
  update_id   INTEGER NOT NULL,
  delivery_id TEXT NOT NULL,
  attempt     INTEGER NOT NULL,
  status      INTEGER,                              -- NULL: no answer
  latency_ms  INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  error       TEXT,
  update_type TEXT NOT NULL,
  payload     TEXT,
  PRIMARY KEY (bot_id, id)
) WITHOUT ROWID;

-- Owner: setting.rs.
CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- Owner: audit.rs. No reference to bot: the log outlives what it tells of.
CREATE TABLE audit_log (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_id     INTEGER,
  action     TEXT NOT NULL,
  details    TEXT NOT NULL DEFAULT '',
  ip_address TEXT,
  timestamp  INTEGER NOT NULL,
  owner_jid  TEXT,                                  -- whose bot it is about, or whom
  actor      TEXT                                   -- who did it: admin, bot, token:7, an address; NULL: the daemon itself
);

-- Owner: token.rs. Tokens beside a bot's main one, and those of people. Only hashes are kept: a token is shown once.
CREATE TABLE token (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  hash       TEXT NOT NULL UNIQUE,                  -- SHA-256 in lower-case hex
  bot_id     INTEGER REFERENCES bot (id) ON DELETE CASCADE, -- NULL for a person's
  person     TEXT,
  label      TEXT NOT NULL,
  ending     TEXT NOT NULL,                         -- its last four characters
  rights     TEXT NOT NULL,                         -- of a bot's: send read manage; of a person's: viewer | owner | admin
  created_at INTEGER NOT NULL,
  expires_at INTEGER,                               -- NULL: never
  last_used  INTEGER NOT NULL DEFAULT 0             -- written once a day at most
);
CREATE INDEX token_bot ON token (bot_id);

-- Owner: tenant.rs. People of whom something was said: what they may, and how much. NULL: what the configuration says.
CREATE TABLE tenant (
  jid        TEXT PRIMARY KEY,
  role       TEXT NOT NULL,                         -- viewer | owner | admin
  sees       TEXT,                                  -- a viewer: whose bots; NULL: his own
  bots       INTEGER,
  messages   INTEGER,                               -- a day
  storage    INTEGER,                               -- MiB
  ai_calls   INTEGER,                               -- a day
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Owner: tenant.rs. What an owner's bots have used of a day, up to one message; those after it are counted in `message`.
CREATE TABLE usage (
  owner_jid TEXT PRIMARY KEY,
  day       INTEGER NOT NULL,                       -- days that were lived through
  messages  INTEGER NOT NULL,
  ai_calls  INTEGER NOT NULL,
  up_to     INTEGER NOT NULL                        -- the number of the last message counted
) WITHOUT ROWID;

-- Owner: account.rs. Sealed columns: password, login_key.
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
CREATE INDEX account_bot ON account (bot_id);

-- Owner: profile.rs. What a bot's own account shows besides its name and description, and how far that has got.
CREATE TABLE bot_profile (
  bot_id     INTEGER PRIMARY KEY REFERENCES bot (id) ON DELETE CASCADE,
  avatar     BLOB,
  avatar_id  TEXT,                                  -- SHA-1 of the picture in lower-case hex
  published  BLOB,                                  -- hash of what was published last
  has_arrived INTEGER NOT NULL DEFAULT 0,           -- its account was online once
  is_greeted INTEGER NOT NULL DEFAULT 0,            -- its owner was asked for his presence
  was_mutual INTEGER NOT NULL DEFAULT 0             -- and they saw each other once
);

-- Owner: profile.rs. People whom a bot may know: named by its owner, subscribed to it at its server, or to be so no more.
CREATE TABLE bot_contact (
  bot_id INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  source TEXT NOT NULL,                             -- list | roster | withdrawn
  jid    TEXT NOT NULL,
  PRIMARY KEY (bot_id, source, jid)
) WITHOUT ROWID;

-- Owner: profile.rs. Accounts that are being given back, and whose bot was there: he is unsubscribed.
CREATE TABLE farewell (
  account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
  owner_jid  TEXT NOT NULL
);

-- Owner: file.rs. Files that bots were told of: only these are fetched for them. Sealed column: file_key.
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
CREATE INDEX file_message ON file (bot_id, message_id);

-- Owner: outbox.rs. What was accepted is sent even when its bot is deleted meanwhile. One b-tree: a row lives for moments,
-- and each page it touches is written twice. No references here, nor from the other tables that messages pass through:
-- each would be looked after with each message. Their rows go with bots and accounts by hand.
CREATE TABLE outbox (
  account_id   INTEGER NOT NULL,
  room         TEXT NOT NULL,                       -- to all in this room: goes when the room has shown it; '': to nobody's room
  id           INTEGER NOT NULL,                    -- grows: the order of sending
  bot_id       INTEGER,
  message_id   TEXT NOT NULL,
  is_odd       INTEGER,                             -- 1: id is not the number in message_id, by which it is found
  stanza       TEXT NOT NULL,
  archive_mark TEXT,
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (account_id, room, id)
) WITHOUT ROWID;
CREATE INDEX outbox_odd ON outbox (account_id, message_id) WHERE is_odd IS NOT NULL;

-- Owner: omemo.rs. Our own device, as one version of OMEMO has it. Sealed column: record.
CREATE TABLE omemo_device (
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  version    INTEGER NOT NULL,                      -- 0: OMEMO 0.3; 2: OMEMO 2
  record     TEXT NOT NULL,
  revision   INTEGER NOT NULL,                      -- grows whenever the bundle changes
  published  INTEGER NOT NULL DEFAULT 0,            -- the revision that is out
  listed_at  INTEGER NOT NULL DEFAULT 0,            -- Unix time: put on the list of devices last
  PRIMARY KEY (account_id, version)
) WITHOUT ROWID;

-- Owner: omemo.rs. Sessions with devices of others. Sealed column: record; NULL while there is only a wish.
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

-- Owner: omemo.rs. Device lists as fetched or notified last; under version -1 those of them that are daemons like us.
CREATE TABLE omemo_list (
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  version    INTEGER NOT NULL,
  jid        TEXT NOT NULL,
  devices    TEXT NOT NULL,                         -- ids with spaces between
  at         INTEGER NOT NULL,                      -- Unix time
  PRIMARY KEY (account_id, version, jid)
) WITHOUT ROWID;

-- Owner: omemo.rs. Devices without a usable bundle: not asked again before a time.
CREATE TABLE omemo_skipped (
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  version    INTEGER NOT NULL,
  jid        TEXT NOT NULL,
  device     INTEGER NOT NULL,
  until      INTEGER NOT NULL,                      -- Unix time
  PRIMARY KEY (account_id, version, jid, device)
) WITHOUT ROWID;

-- Owner: omemo.rs. Accepted messages that wait for lists and bundles to be encrypted. Sealed column: stanza.
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
CREATE INDEX omemo_waiting_account ON omemo_waiting (account_id, jid, id);

-- Owner: room.rs. Rooms an account is in for its bots, and comes back to. Sealed column: password.
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

-- Owner: room.rs. Which bots are in a room: the one whose account it is, or some that share a person's account.
CREATE TABLE room_member (
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  room       TEXT NOT NULL,
  bot_id     INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  PRIMARY KEY (account_id, room, bot_id)
) WITHOUT ROWID;
CREATE INDEX room_member_bot ON room_member (bot_id);

-- Owner: seen.rs. key is 16 bytes of a hash: the same small size whatever a server takes for an id.
CREATE TABLE seen (
  account_id INTEGER NOT NULL,
  key        BLOB NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (account_id, key)
) WITHOUT ROWID;

-- Owner: contact.rs. Who bots talk with, on every channel; in a room, each of its occupants.
CREATE TABLE contact (
  id      INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,                            -- xmpp | local
  address TEXT NOT NULL,                            -- of an occupant: room#id:occupant id or room#nick:nick
  name    TEXT NOT NULL,                            -- what he was called last; '' where that is not known
  UNIQUE (channel, address)
);

-- Owner: contact.rs. What a bot has with one address on one channel; without a bot: what the manager has.
CREATE TABLE conversation (
  id         INTEGER PRIMARY KEY,
  channel    TEXT NOT NULL,
  bot_id     INTEGER REFERENCES bot (id) ON DELETE CASCADE,
  account_id INTEGER REFERENCES account (id) ON DELETE CASCADE, -- through which; NULL where the channel has none
  address    TEXT NOT NULL,
  kind       TEXT NOT NULL,                         -- chat | room | private: with an occupant of a room
  contact_id INTEGER                                -- with whom; NULL in a room
);
CREATE INDEX conversation_address ON conversation (address, account_id, bot_id);

-- Owner: message.rs. What bots said and were told: only its author changes a message or takes it back, replies name him,
-- and a sender learns how far it has come. The rows of deleted bots and accounts are deleted with them by hand: references
-- would need indexes. progress: 0 accepted, 1 sent, 2 delivered, 3 displayed, 4 failed, 5 nobody asks.
CREATE TABLE message (
  id              INTEGER PRIMARY KEY,              -- grows with time: a second has 1,024,000 of them
  conversation_id INTEGER NOT NULL,
  contact_id      INTEGER,                          -- who said it; NULL: the bot
  recipient       TEXT,                             -- to what other address than the conversation's
  name            TEXT,                             -- the id by which the bot's program knows it
  key             INTEGER,                          -- 64 bits of the hash of that id; NULL where the number in it is this row's
  alias           INTEGER,                          -- the same of another id it has
  room_id         TEXT,                             -- the id that a room gave what the bot said
  body            TEXT,                             -- only where it is read again; '' when it was taken back
  original        TEXT,                             -- the message whose place a correction takes; itself: it was corrected
  progress        INTEGER NOT NULL,
  deleted         INTEGER NOT NULL DEFAULT 0,
  at              INTEGER NOT NULL,                 -- Unix time: when it was said
  created_at      INTEGER NOT NULL
);
CREATE INDEX message_key ON message (key) WHERE key IS NOT NULL;
CREATE INDEX message_alias ON message (alias) WHERE alias IS NOT NULL;
CREATE INDEX message_unseen ON message (conversation_id, id) WHERE progress < 3;
CREATE INDEX message_body ON message (conversation_id, id) WHERE body IS NOT NULL;

-- Owner: history.rs. What is kept of messages beside their text, where somebody wants a history; elsewhere these three stay
-- empty. Rows go with their message, and a file stays as long as one that names it.
CREATE TABLE message_file (
  message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  file_id    INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE ON UPDATE CASCADE,
  position   INTEGER NOT NULL,                      -- 0 for the first
  PRIMARY KEY (message_id, position)
) WITHOUT ROWID;
CREATE INDEX message_file_file ON message_file (file_id);

CREATE TABLE message_reply (
  message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
  reply_to   TEXT NOT NULL                          -- the id by which the bot's program knows what is answered
);

CREATE TABLE reaction (
  message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  contact_id INTEGER,                               -- who reacts; NULL: the bot
  emoji      TEXT NOT NULL,
  at         INTEGER NOT NULL                       -- Unix time
);
CREATE INDEX reaction_message ON reaction (message_id);

-- Owner: sent.rs. Messages in an update queue whose sender wants to know when they are read.
CREATE TABLE unread (
  update_id  INTEGER PRIMARY KEY,
  bot_id     INTEGER NOT NULL,
  sender     TEXT NOT NULL,
  message_id TEXT NOT NULL
);
CREATE INDEX unread_bot ON unread (bot_id, sender, update_id);

-- Owner: idempotency.rs.
CREATE TABLE idempotency (
  bot_id       INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  key          TEXT NOT NULL,
  message_id   TEXT NOT NULL,
  request_hash BLOB NOT NULL,                       -- 32 bytes, and one more: went out encrypted; absent: not known
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (bot_id, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_created ON idempotency (created_at);

-- Owner: ai.rs. Conversations with bots' AIs, question and answer in one row; no answer: it is still owed.
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
CREATE INDEX ai_turn_peer ON ai_turn (bot_id, peer, id);
CREATE INDEX ai_turn_created ON ai_turn (created_at);
CREATE INDEX ai_turn_open ON ai_turn (id) WHERE answer IS NULL;

-- Owner: trust.rs. Identity keys of others' devices; device 0: named before it was seen.
CREATE TABLE omemo_key (
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  jid        TEXT NOT NULL,
  device     INTEGER NOT NULL,
  key        BLOB NOT NULL,                         -- Montgomery form
  standing   TEXT NOT NULL,                         -- accepted | open | verified | refused | changed
  first_seen INTEGER NOT NULL,
  PRIMARY KEY (account_id, jid, device, key)
) WITHOUT ROWID;

-- Owner: trust.rs.
CREATE TABLE omemo_policy (
  account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
  policy     TEXT NOT NULL                          -- blind | tofu | pinned
);

-- Links and what passes them.

-- Owner: bridge.rs. A conversation of a bot joined to a chat on another channel. A chat is in one link of a bot.
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

-- Owner: bridge.rs. What passed a link: something said in one chat, and what the bot said in its place in another. Keys are
-- 64 bits of a hash over address and id.
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
CREATE INDEX bridge_message_origin ON bridge_message (origin_key);
CREATE INDEX bridge_message_alias ON bridge_message (origin_alias) WHERE origin_alias IS NOT NULL;
CREATE INDEX bridge_message_copy ON bridge_message (copy_key);

-- Owner: bridge.rs. Who reacts to what passed, on either side, as the bot has only one reaction to show them with.
CREATE TABLE bridge_reaction (
  passed_id INTEGER NOT NULL REFERENCES bridge_message (id) ON DELETE CASCADE,
  side      TEXT NOT NULL,                          -- here | there: where he is
  who       TEXT NOT NULL,
  emoji     TEXT NOT NULL,
  number    INTEGER NOT NULL,                       -- the greatest is the newest
  PRIMARY KEY (passed_id, side, who)
) WITHOUT ROWID;

-- Owner: order.rs. How order is kept in the chat of a link; no row: nothing is done there.
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

CREATE TABLE link_filter (
  link_id INTEGER NOT NULL REFERENCES bridge_link (id) ON DELETE CASCADE,
  text    TEXT NOT NULL,
  PRIMARY KEY (link_id, text)
) WITHOUT ROWID;

-- Who was seen in the chat of a link, as no service tells who has a name.
CREATE TABLE link_member (
  link_id  INTEGER NOT NULL REFERENCES bridge_link (id) ON DELETE CASCADE,
  person   INTEGER NOT NULL,
  username TEXT,
  name     TEXT NOT NULL,
  seen_at  INTEGER NOT NULL,
  PRIMARY KEY (link_id, person)
) WITHOUT ROWID;

-- Commands that owners have defined for people elsewhere.
CREATE TABLE own_command (
  bot_id INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  name   TEXT NOT NULL,
  text   TEXT NOT NULL,
  PRIMARY KEY (bot_id, name)
) WITHOUT ROWID;

-- Owner: carry.rs. Files that pass a link, until they are said, and what was said and done behind them meanwhile. Sealed
-- column: address.
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
  bytes      INTEGER,
  kind       TEXT NOT NULL DEFAULT 'file',          -- file | text | edit | delete | react; caption: the text, or the emoji
  about      TEXT,                                  -- the message that is changed
  buttons    TEXT,                                  -- beneath a text
  author     TEXT NOT NULL DEFAULT '',              -- who said it
  album      INTEGER NOT NULL DEFAULT 0,            -- 0: it stands alone; 1: others may be with it; 2: it may be with others
  at         INTEGER NOT NULL DEFAULT 0             -- Unix time of its coming, in milliseconds
);

-- Buttons.
-- Owner: button.rs. Buttons beneath messages of bots where a channel has none of its own: they are pressed by their number. A
-- row goes when the buttons are edited away, with its bot, by age and by number. Sealed column: content.
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
CREATE INDEX keyboard_address ON keyboard (address, account_id, id);
CREATE INDEX keyboard_message ON keyboard (bot_id, message_id);
CREATE INDEX keyboard_shown ON keyboard (shown_id);

-- Owner: button.rs. Who has which buttons pressed by reactions: a reaction comes with all that are there already.
CREATE TABLE keyboard_reaction (
  keyboard_id INTEGER NOT NULL REFERENCES keyboard (id) ON DELETE CASCADE,
  who         TEXT NOT NULL,
  numbers     TEXT NOT NULL,                        -- with spaces between
  PRIMARY KEY (keyboard_id, who)
) WITHOUT ROWID;

-- Owner: button.rs. Presses that a bot's program may answer.
CREATE TABLE button_press (
  id         TEXT PRIMARY KEY,
  bot_id     INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  sender     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  message_id TEXT NOT NULL,
  native     TEXT,                                  -- what the channel calls the press
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX button_press_bot ON button_press (bot_id, created_at);

-- Numbers for programs written for Telegram.

-- Owner: numbers.rs. Bots whose programs know people, chats and messages by numbers (docs/telegram-clients.md).
CREATE TABLE number_bot (
  bot_id  INTEGER PRIMARY KEY REFERENCES bot (id) ON DELETE CASCADE,
  allowed TEXT,                                     -- updates it wants, as its program names them; NULL: never said
  hook    INTEGER NOT NULL DEFAULT 0                -- 1: its webhook is told by numbers, too
);

-- Owner: numbers.rs. People and rooms; a number is never given again.
CREATE TABLE number_chat (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  address TEXT NOT NULL UNIQUE,
  is_room INTEGER NOT NULL
);

-- Owner: numbers.rs. Which of them a bot knows.
CREATE TABLE number_known (
  bot_id INTEGER NOT NULL,
  chat   INTEGER NOT NULL,
  PRIMARY KEY (bot_id, chat)
) WITHOUT ROWID;

-- Owner: numbers.rs. Messages, numbered in each chat; the numbers grow with time. key: 64 bits of the hash of the name.
CREATE TABLE number_message (
  bot_id INTEGER NOT NULL,
  chat   INTEGER NOT NULL,
  number INTEGER NOT NULL,
  name   TEXT NOT NULL,                             -- the id by which we know it
  key    INTEGER NOT NULL,
  PRIMARY KEY (bot_id, chat, number)
) WITHOUT ROWID;
CREATE INDEX number_message_key ON number_message (key);

-- Questions to people.

-- Owner: asking.rs. What bots' programs ask people, until a day after it is over. Times are in milliseconds lived through,
-- but for answered_at. Sealed columns: text, answer.
CREATE TABLE ask (
  id             INTEGER PRIMARY KEY,               -- the number in the id of its first message
  bot_id         INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  number         INTEGER NOT NULL,                  -- by which people name it where several are open
  key            TEXT,                              -- the Idempotency-Key
  request_hash   BLOB,                              -- 32 bytes of what was asked under it
  text           TEXT NOT NULL,                     -- '' when it is over
  options        TEXT NOT NULL,                     -- JSON: an array of texts; an empty one: any words will do
  people         TEXT NOT NULL,                     -- JSON: an array of addresses, in the order in which they are asked
  is_room        INTEGER NOT NULL,                  -- the first of them is a room
  asked          INTEGER NOT NULL,                  -- how many of them were asked
  must_encrypt   INTEGER NOT NULL,                  -- neither question nor answer may go in plain text
  escalate_after INTEGER NOT NULL,                  -- so long without an answer, and the next is asked
  next_at        INTEGER,                           -- when the next is asked; NULL: there is none
  expires_at     INTEGER NOT NULL,
  status         TEXT NOT NULL,                     -- waiting | answered | expired | cancelled
  ended_at       INTEGER,
  answer         TEXT,
  option_index   INTEGER,                           -- which option it is, from 0
  answered_by    TEXT,
  answered_at    INTEGER,                           -- Unix time
  answer_id      TEXT,                              -- the message that it was
  encrypted      INTEGER,
  trust          TEXT                               -- how far the key is trusted that it came under
);
CREATE UNIQUE INDEX ask_key ON ask (bot_id, key);

-- Owner: asking.rs. The messages that asked.
CREATE TABLE ask_message (
  ask_id     INTEGER NOT NULL REFERENCES ask (id) ON DELETE CASCADE,
  place      INTEGER NOT NULL,                      -- whom, counted in people from 0
  message_id TEXT NOT NULL,
  PRIMARY KEY (ask_id, place)
) WITHOUT ROWID;
CREATE INDEX ask_message_id ON ask_message (message_id);

-- Telegram as a channel. Owner: telegram.rs. Bots of ours that speak as one at Telegram. Sealed column: token.
CREATE TABLE telegram_bot (
  bot_id      INTEGER PRIMARY KEY REFERENCES bot (id) ON DELETE CASCADE,
  token       TEXT NOT NULL,
  token_hash  BLOB NOT NULL,                        -- SHA-256 of the token that next_update belongs to
  api_url     TEXT NOT NULL,
  user_id     INTEGER NOT NULL,                     -- who it is there
  username    TEXT NOT NULL,
  name        TEXT NOT NULL,
  is_enabled  INTEGER NOT NULL,
  next_update INTEGER NOT NULL DEFAULT 0,           -- all before it were taken; 0: none yet
  trouble     TEXT,                                 -- why nothing is asked any more: unauthorized | not_found
  is_confined INTEGER NOT NULL DEFAULT 0            -- 1: a program named the server, which must be a public one
);

-- Chats that a bot was written to from. Of those that are not heard nothing is kept but that they are there.
CREATE TABLE telegram_chat (
  bot_id   INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  address  TEXT NOT NULL,                           -- tg:…
  title    TEXT NOT NULL DEFAULT '',
  last_name TEXT NOT NULL DEFAULT '',               -- who wrote last
  is_heard INTEGER NOT NULL DEFAULT 0,
  unheard  INTEGER NOT NULL DEFAULT 0,              -- messages that nobody heard
  at       INTEGER NOT NULL DEFAULT 0,              -- Unix time of the last
  PRIMARY KEY (bot_id, address)
) WITHOUT ROWID;

-- What is said to Telegram, from when it is accepted until Telegram has it. What went out and was never answered stays, in
-- doubt, until somebody wants it sent again. No references, as in outbox.
CREATE TABLE telegram_outbox (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_id     INTEGER NOT NULL,
  chat       INTEGER NOT NULL,                      -- 0: none
  thread     INTEGER,
  message_id TEXT NOT NULL,                         -- as the bot's program knows it
  part       INTEGER NOT NULL,                      -- 0 for the first
  method     TEXT NOT NULL,
  about      TEXT,                                  -- the message that it changes or answers
  fields     TEXT NOT NULL,                         -- members of the request
  note       TEXT,                                  -- for whoever put it there
  state      INTEGER NOT NULL DEFAULT 0,            -- 0 waits, 1 under way, 2 in doubt
  created_at INTEGER NOT NULL
);
CREATE INDEX telegram_outbox_bot ON telegram_outbox (bot_id, message_id);

-- Which messages at Telegram are what a bot has said.
CREATE TABLE telegram_message (
  bot_id     INTEGER NOT NULL,
  chat       INTEGER NOT NULL,
  number     INTEGER NOT NULL,                      -- Telegram's
  message_id TEXT NOT NULL,
  part       INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  is_file    INTEGER NOT NULL DEFAULT 0,            -- 1: its words are a caption
  PRIMARY KEY (bot_id, chat, number)
) WITHOUT ROWID;
CREATE INDEX telegram_message_id ON telegram_message (bot_id, message_id, part);

-- The web.

-- Owner: web.rs. People with a browser. They have no password: whoever shows a cookie that we signed is the one it names.
CREATE TABLE web_user (
  id         INTEGER PRIMARY KEY,
  ulid       TEXT NOT NULL UNIQUE,                  -- in lower case, as all of them here
  nickname   TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL                       -- written once a day at most
);

-- Owner: web.rs. Their chats with bots. The address is that of the conversation: web:USER, of further ones web:USER.CHAT.
CREATE TABLE web_chat (
  id         INTEGER PRIMARY KEY,
  ulid       TEXT NOT NULL UNIQUE,
  user_id    INTEGER NOT NULL REFERENCES web_user (id) ON DELETE CASCADE,
  bot_id     INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  address    TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (bot_id, address)
);
CREATE INDEX web_chat_user ON web_chat (user_id, bot_id);

-- Owner: web_message.rs. What messages of such chats have beside the row that all have.
CREATE TABLE web_message (
  message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
  ms         INTEGER NOT NULL,                      -- thousandths of its second
  changed    INTEGER                                -- edited, taken back or reacted to last; from the numbers of messages
);
CREATE INDEX web_message_changed ON web_message (changed) WHERE changed IS NOT NULL;

-- Owner: web_file.rs. Files that people and bots have sent by the web.
CREATE TABLE web_file (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  ulid       TEXT NOT NULL UNIQUE,
  path       TEXT NOT NULL UNIQUE,                  -- images/ULID.png
  user_id    INTEGER REFERENCES web_user (id) ON DELETE SET NULL, -- who sent it; NULL: a bot did, or nobody is left
  bot_id     INTEGER REFERENCES bot (id) ON DELETE SET NULL,
  name       TEXT NOT NULL,                         -- what it was called where it comes from
  media_type TEXT NOT NULL,
  size       INTEGER NOT NULL,                      -- bytes
  created_at INTEGER NOT NULL
);
CREATE INDEX web_file_user ON web_file (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX web_file_bot ON web_file (bot_id) WHERE bot_id IS NOT NULL;

-- Owner: web_file.rs. Which of them messages have.
CREATE TABLE web_attachment (
  message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  position   INTEGER NOT NULL,                      -- 0 for the first
  file_id    INTEGER NOT NULL REFERENCES web_file (id) ON DELETE CASCADE,
  PRIMARY KEY (message_id, position)
) WITHOUT ROWID;
CREATE INDEX web_attachment_file ON web_attachment (file_id);

-- Owner: bot_key.rs. The key of a bot beside its tokens, for programs written for Botyard. Sealed column: raw.
CREATE TABLE bot_key (
  bot_id INTEGER PRIMARY KEY REFERENCES bot (id) ON DELETE CASCADE,
  hash   TEXT NOT NULL UNIQUE,                      -- SHA-256 in lower-case hex
  raw    TEXT NOT NULL
);

-- Owner: faq.rs. Collections of questions with answers.
CREATE TABLE faq (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_id      INTEGER NOT NULL REFERENCES bot (id) ON DELETE CASCADE,
  name        TEXT NOT NULL,
  description TEXT NOT NULL,
  answering   INTEGER NOT NULL,                     -- 1: people who write to the bot are answered by it
  best        INTEGER NOT NULL,                     -- hundredths: how similar a question must be to be answered
  least       INTEGER NOT NULL,                     -- hundredths: the same to be suggested
  suggestions INTEGER NOT NULL,                     -- so many at most
  synonyms    TEXT NOT NULL,                        -- standard,word,word on each line
  UNIQUE (bot_id, name)
);

-- Owner: faq.rs. The questions; in order of their numbers.
CREATE TABLE faq_entry (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  faq_id   INTEGER NOT NULL REFERENCES faq (id) ON DELETE CASCADE,
  question TEXT NOT NULL,
  similar  TEXT NOT NULL,                           -- JSON array of other ways to ask it
  ways     INTEGER NOT NULL,                        -- how many ways to ask it there are
  answer   TEXT NOT NULL,
  kind     TEXT NOT NULL,                           -- text, template, redirect, json
  off      INTEGER NOT NULL,                        -- 1: not found
  from_s   INTEGER,                                 -- Unix time from which it is found
  until_s  INTEGER,                                 -- Unix time from which it is found no more
  zone     INTEGER NOT NULL                         -- hundredths of an hour, in which these are shown
);
CREATE INDEX faq_entry_faq ON faq_entry (faq_id, id);
