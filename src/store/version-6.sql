-- From version 5: Telegram, both ways round; buttons; questions to people; the way of a message.
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

-- Owner: carry.rs. Files that pass a link, until they are said. Sealed column: address.
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
CREATE UNIQUE INDEX ask_key ON ask (bot_id, key);
CREATE TABLE ask_message (
  ask_id     INTEGER NOT NULL REFERENCES ask (id) ON DELETE CASCADE,
  place      INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  PRIMARY KEY (ask_id, place)
) WITHOUT ROWID;
CREATE INDEX ask_message_id ON ask_message (message_id);
-- Telegram as a channel.
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
CREATE INDEX telegram_outbox_bot ON telegram_outbox (bot_id, message_id);
CREATE TABLE telegram_message (
  bot_id     INTEGER NOT NULL,
  chat       INTEGER NOT NULL,
  number     INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  part       INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (bot_id, chat, number)
) WITHOUT ROWID;
CREATE INDEX telegram_message_id ON telegram_message (bot_id, message_id, part);
