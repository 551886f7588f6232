#!/bin/bash
# python-telegram-bot 22.8, aiogram 3.31.0, pyTelegramBotAPI 4.37.1: a poll from a Bot API server of version 9.5 makes them refuse
# the whole getUpdates answer.
#
# Whoever runs the Bot API server himself updates it apart from the library. Until 9.5 an option of a poll had `text` and
# `voter_count`; 9.6 added `persistent_id`, and all three demand it since. They read an answer as one: a poll that somebody
# starts in a chat takes an ordinary message beside it away, too, and polling asks for the same updates again.
#
# Seen: TypeError of python-telegram-bot and pyTelegramBotAPI, ClientDecodeError of aiogram, no update from any.
# Installs them from PyPI into a temporary folder, with a stand-in for the server. Fails if the behaviour changes.
set -euo pipefail

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
python3 -m venv "$WORK/venv"
"$WORK/venv/bin/pip" install -q --disable-pip-version-check aiogram==3.31.0 python-telegram-bot==22.8 pyTelegramBotAPI==4.37.1

"$WORK/venv/bin/python" - <<'PY'
import asyncio, json, logging, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import telebot
import telegram
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import ClientDecodeError

logging.disable(logging.CRITICAL)  # a traceback of what is told below anyway
ANN = {"id": 5, "is_bot": False, "first_name": "Ann"}
SAID = {"date": 1700000000, "chat": {"id": 5, "type": "private", "first_name": "Ann"}, "from": ANN}
POLL = {"id": "9", "question": "When?", "options": [{"text": word, "voter_count": 0} for word in ("now", "later")],
        "total_voter_count": 0, "is_closed": False, "is_anonymous": True, "type": "regular", "allows_multiple_answers": False}
UPDATES = [{"update_id": 1, "message": {**SAID, "message_id": 3, "poll": POLL}},
           {"update_id": 2, "message": {**SAID, "message_id": 4, "text": "good day"}}]
ME = {"id": 7, "is_bot": True, "first_name": "Bot", "username": "a_bot"}

class Api(BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        result = UPDATES if "/getupdates" in self.path.lower() else ME
        body = json.dumps({"ok": True, "result": result}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = answer
    def log_message(self, *_): pass

server = HTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
base, token = f"http://127.0.0.1:{server.server_port}", "7:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

async def with_aiogram():
    bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(base)))
    try:
        return len(await bot.get_updates())
    except ClientDecodeError:
        return "ClientDecodeError"
    finally:
        await bot.session.close()

async def with_python_telegram_bot():
    async with telegram.Bot(token, base_url=f"{base}/bot") as bot:
        return len(await bot.get_updates())

def with_telebot():
    telebot.apihelper.API_URL = base + "/bot{0}/{1}"
    return len(telebot.TeleBot(token).get_updates())

def outcome(of):
    try:
        return of()
    except TypeError as error:
        return "TypeError about persistent_id" if "persistent_id" in str(error) else str(error)

seen = {
    "python-telegram-bot": outcome(lambda: asyncio.run(with_python_telegram_bot())),
    "aiogram": outcome(lambda: asyncio.run(with_aiogram())),
    "pyTelegramBotAPI": outcome(with_telebot),
}
for library, what in seen.items():
    print(f"{library}: {what}")
if list(seen.values()) != ["TypeError about persistent_id", "ClientDecodeError", "TypeError about persistent_id"]:
    sys.exit("they behave differently now")
PY
echo "as described"
