-- From version 4: tokens beside a bot's main one and those of people, who owns bots here and how much of them, and in the
-- audit log who it was and whose bot.
ALTER TABLE audit_log ADD COLUMN owner_jid TEXT;
ALTER TABLE audit_log ADD COLUMN actor TEXT;
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
CREATE INDEX token_bot ON token (bot_id);
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
CREATE TABLE usage (
  owner_jid TEXT PRIMARY KEY,
  day       INTEGER NOT NULL,
  messages  INTEGER NOT NULL,
  ai_calls  INTEGER NOT NULL,
  up_to     INTEGER NOT NULL
) WITHOUT ROWID;
