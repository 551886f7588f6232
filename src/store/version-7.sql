-- From version 6: people with a browser, their chats and files; keys of bots for programs written for Botyard.

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

-- Telegram: how far a bot's server may be, which messages are files, and what waits behind files that pass a link.
ALTER TABLE telegram_bot ADD COLUMN is_confined INTEGER NOT NULL DEFAULT 0;
ALTER TABLE telegram_message ADD COLUMN is_file INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bridge_file ADD COLUMN kind TEXT NOT NULL DEFAULT 'file';
ALTER TABLE bridge_file ADD COLUMN about TEXT;
ALTER TABLE bridge_file ADD COLUMN buttons TEXT;
ALTER TABLE bridge_file ADD COLUMN author TEXT NOT NULL DEFAULT '';
ALTER TABLE bridge_file ADD COLUMN album INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bridge_file ADD COLUMN at INTEGER NOT NULL DEFAULT 0;

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
