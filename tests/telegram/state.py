"""What the stub knows, in one SQLite file: a stub that is killed comes back with all it had answered for.

Everything is a document (kind, key) or a row of messages, updates, files, calls and faults. A request is one transaction,
committed before its answer goes out. No fsync: what is killed is the process, not the machine.
"""

import contextlib
import json
import sqlite3
import threading
import time

TABLES = """
CREATE TABLE IF NOT EXISTS doc (kind TEXT, key TEXT, json TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message (chat TEXT, id INTEGER, json TEXT NOT NULL, PRIMARY KEY (chat, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS queue (token TEXT, id INTEGER, json TEXT NOT NULL, PRIMARY KEY (token, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS file (id TEXT PRIMARY KEY, json TEXT NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS call (seq INTEGER PRIMARY KEY, token TEXT, method TEXT, json TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fault (seq INTEGER PRIMARY KEY, json TEXT NOT NULL);
"""

# What a bot gets that has not said what it wants: all but these.
NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
UPDATES = {
    "message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
    "edited_business_message", "deleted_business_messages", "message_reaction", "message_reaction_count", "inline_query",
    "chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query", "purchased_paid_media", "poll",
    "poll_answer", "my_chat_member", "chat_member", "chat_join_request", "chat_boost", "removed_chat_boost",
}  # fmt: skip


class Refused(Exception):
    """An answer with ok:false."""

    def __init__(self, code, description, **parameters):
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def bad(what):
    """Bad Request, with the prefix that Telegram puts before what goes wrong."""
    return Refused(400, f"Bad Request: {what}")


class State:
    def __init__(self, path):
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + TABLES)
        self.lock = threading.RLock()
        # Told after each change; long polls and webhooks wait for it.
        self.changed = threading.Condition(self.lock)

    @contextlib.contextmanager
    def change(self, quiet=False):
        """One transaction. What is refused in it leaves nothing behind. `quiet`: nobody waits for it."""
        with self.lock:
            self.db.execute("BEGIN")
            try:
                yield
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")
            if not quiet:
                self.changed.notify_all()

    def get(self, kind, key):
        row = self.db.execute("SELECT json FROM doc WHERE kind = ? AND key = ?", (kind, str(key))).fetchone()
        return row and json.loads(row[0])

    def put(self, kind, key, value):
        self.db.execute("REPLACE INTO doc VALUES (?, ?, ?)", (kind, str(key), json.dumps(value)))

    def remove(self, kind, key):
        self.db.execute("DELETE FROM doc WHERE kind = ? AND key = ?", (kind, str(key)))

    def all(self, kind):
        rows = self.db.execute("SELECT key, json FROM doc WHERE kind = ? ORDER BY key", (kind,)).fetchall()
        return {key: json.loads(text) for key, text in rows}

    def count(self, name, first=1):
        """The next number of a sequence."""
        number = (self.get("count", name) or first - 1) + 1
        self.put("count", name, number)
        return number

    # Bots

    def bot(self, token):
        name = token.split(":")[0]
        if ":" not in token or not name.isdigit():
            raise Refused(404, "Not Found")
        bot = self.get("bot", token)
        if bot is None or bot.get("revoked"):
            raise Refused(401, "Unauthorized")
        return bot

    def bots(self):
        return self.all("bot")

    # Chats. A private chat is one between this bot and this person; groups and channels are the same for everybody.

    def chat_key(self, bot, chat_id):
        return f"{bot['id']}/{chat_id}" if int(chat_id) > 0 else str(chat_id)

    def chat(self, key):
        return self.get("chat", key)

    def put_chat(self, key, chat):
        self.put("chat", key, chat)

    def message(self, key, number):
        row = self.db.execute("SELECT json FROM message WHERE chat = ? AND id = ?", (key, number)).fetchone()
        return row and json.loads(row[0])

    def messages(self, key):
        rows = self.db.execute("SELECT json FROM message WHERE chat = ? ORDER BY id", (key,)).fetchall()
        return [json.loads(text) for (text,) in rows]

    def put_message(self, key, message):
        self.db.execute("REPLACE INTO message VALUES (?, ?, ?)", (key, message["message_id"], json.dumps(message)))

    def remove_message(self, key, number):
        self.db.execute("DELETE FROM message WHERE chat = ? AND id = ?", (key, number))

    def new_message(self, key, sender, **content):
        """A message in this chat, under the chat's next number."""
        chat = self.chat(key)
        number = chat["next"]
        chat["next"] += 1
        self.put_chat(key, chat)
        message = {"message_id": number}
        if sender:
            message["from"] = sender
        message.update({"date": int(time.time()), "chat": public_chat(chat)})
        message.update({name: value for name, value in content.items() if value is not None})
        self.put_message(key, message)
        return message

    # Updates

    def wants(self, bot, kind):
        wanted = bot.get("allowed_updates") or []
        return kind in wanted if wanted else kind not in NOT_BY_DEFAULT

    def tell(self, token, kind, what):
        """Queues an update for a bot, unless it does not want this kind; gives its number."""
        bot = self.get("bot", token)
        if not self.wants(bot, kind):
            return None
        number = self.count(f"update {token}", first=bot["id"] % 1000 * 1000 + 1)
        update = {"update_id": number, kind: what}
        self.db.execute("INSERT INTO queue VALUES (?, ?, ?)", (token, number, json.dumps(update)))
        return number

    def pending(self, token):
        return self.db.execute("SELECT COUNT(*) FROM queue WHERE token = ?", (token,)).fetchone()[0]

    def take_updates(self, token, offset, limit):
        """What getUpdates gives. An offset confirms all below it, one below zero all but so many of the last; one far beyond
        the last confirms nothing, as if it were none."""
        last = self.get("count", f"update {token}") or 0
        if offset < 0:
            keep = "SELECT id FROM queue WHERE token = ? ORDER BY id DESC LIMIT ?"
            self.db.execute(f"DELETE FROM queue WHERE token = ? AND id NOT IN ({keep})", (token, token, -offset))
        elif 0 < offset <= last + 1 + 10:
            self.db.execute("DELETE FROM queue WHERE token = ? AND id < ?", (token, offset))
        query = "SELECT json FROM queue WHERE token = ? ORDER BY id LIMIT ?"
        return [json.loads(text) for (text,) in self.db.execute(query, (token, limit))]

    # Files

    def new_file(self, kind, name, data):
        """Keeps bytes; gives what a File says of them."""
        number = self.count("file")
        suffix = "." + name.rsplit(".", 1)[1] if "." in name else ""
        prefix = {"photo": "AgACAgI", "sticker": "CAACAgI", "voice": "AwACAgI", "video": "BAACAgI", "audio": "CQACAgI"}
        file = {
            "file_id": f"{prefix.get(kind, 'BQACAgI')}AAxkBAAIB{number:010d}AAHkdEQzZ-stub_{number:x}",
            "file_unique_id": f"AQAD{number:08d}stub",
            "file_size": len(data),
        }
        stored = {**file, "file_path": f"{kind}s/file_{number}{suffix}", "name": name, "kind": kind}
        self.db.execute("INSERT INTO file VALUES (?, ?, ?)", (file["file_id"], json.dumps(stored), data))
        return file

    def file(self, file_id):
        row = self.db.execute("SELECT json, bytes FROM file WHERE id = ?", (file_id,)).fetchone()
        return (json.loads(row[0]), row[1]) if row else (None, None)

    def file_at(self, path):
        query = "SELECT bytes FROM file WHERE json_extract(json, '$.file_path') = ?"
        row = self.db.execute(query, (path,)).fetchone()
        return row and row[0]

    # What was called, and what is to go wrong

    def log_call(self, token, method, call):
        query = "INSERT INTO call (token, method, json) VALUES (?, ?, ?)"
        return self.db.execute(query, (token, method, json.dumps(call))).lastrowid

    def finish_call(self, seq, status, answer):
        row = self.db.execute("SELECT json FROM call WHERE seq = ?", (seq,)).fetchone()
        call = {**json.loads(row[0]), "status": status, "answer": answer}
        self.db.execute("UPDATE call SET json = ? WHERE seq = ?", (json.dumps(call), seq))

    def calls(self, token=None, method=None, after=0):
        query = "SELECT seq, token, method, json FROM call WHERE seq > ? ORDER BY seq"
        calls = [
            {"seq": seq, "token": of, "method": name, **json.loads(text)}
            for seq, of, name, text in self.db.execute(query, (after,))
        ]
        wanted = [method.lower()] if method else None
        return [c for c in calls if token in (None, c["token"]) and (not wanted or c["method"].lower() in wanted)]

    def add_fault(self, fault):
        self.db.execute("INSERT INTO fault (json) VALUES (?)", (json.dumps(fault),))

    def clear_faults(self):
        self.db.execute("DELETE FROM fault")

    def take_fault(self, token, method, chat):
        """The first that this call meets; it is used up by so many calls as it says."""
        for seq, text in self.db.execute("SELECT seq, json FROM fault ORDER BY seq").fetchall():
            fault = json.loads(text)
            names = [name.lower() for name in fault.get("method", "*").split(",")]
            meant = "*" in names or method.lower() in names
            if not meant or fault.get("token", token) != token or str(fault.get("chat", chat)) != str(chat):
                continue
            if fault.get("skip", 0) > 0:
                fault["skip"] -= 1
                self.db.execute("UPDATE fault SET json = ? WHERE seq = ?", (json.dumps(fault), seq))
                return None
            fault["count"] = fault.get("count", 1) - 1
            if fault["count"] <= 0:
                self.db.execute("DELETE FROM fault WHERE seq = ?", (seq,))
            else:
                self.db.execute("UPDATE fault SET json = ? WHERE seq = ?", (json.dumps(fault), seq))
            return fault
        return None


def public_chat(chat):
    """A Chat as it stands in a message."""
    names = ("id", "type", "title", "username", "first_name", "last_name", "is_forum")
    return {name: chat[name] for name in names if chat.get(name) is not None}


def public_user(user):
    """A User as it stands in a message."""
    names = ("id", "is_bot", "first_name", "last_name", "username", "language_code", "is_premium")
    return {name: user[name] for name in names if user.get(name) is not None}
