#!/bin/bash
# aiogram 3.31.0: one update with a reaction of a type that it does not know makes it refuse the whole getUpdates answer.
#
# Telegram adds types of reactions (paid ones came in 2024) and tells clients so in getUpdates. aiogram validates the answer as
# one model: an unknown `type` fails all of it, an ordinary message beside it included. The offset does not advance, so its
# polling asks for the same updates again, until they expire. python-telegram-bot 22.8 keeps the reaction as a plain
# ReactionType and goes on.
#
# Seen: aiogram raises ClientDecodeError and no update is seen; python-telegram-bot gives both updates.
# Installs both from PyPI into a temporary folder, with a stand-in for the Bot API. Fails if the behaviour changes.
set -euo pipefail

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
python3 -m venv "$WORK/venv"
"$WORK/venv/bin/pip" install -q --disable-pip-version-check aiogram==3.31.0 python-telegram-bot==22.8

"$WORK/venv/bin/python" - <<'PY'
import asyncio, json, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import telegram
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import ClientDecodeError

ANN = {"id": 5, "is_bot": False, "first_name": "Ann"}
CHAT = {"id": 5, "type": "private", "first_name": "Ann"}
REACTION = {"chat": CHAT, "message_id": 3, "date": 1700000000, "user": ANN, "old_reaction": [],
            "new_reaction": [{"type": "sparkle", "shade": "blue"}]}
UPDATES = [{"update_id": 1, "message_reaction": REACTION},
           {"update_id": 2, "message": {"message_id": 4, "date": 1700000001, "chat": CHAT, "from": ANN, "text": "good day"}}]
ME = {"id": 7, "is_bot": True, "first_name": "Bot", "username": "a_bot"}

class Api(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        result = UPDATES if self.path.lower().endswith("/getupdates") else ME
        body = json.dumps({"ok": True, "result": result}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass

server = HTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
TOKEN = "7:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

async def by_aiogram():
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(base)))
    try:
        return len(await bot.get_updates())
    except ClientDecodeError:
        return "ClientDecodeError"
    finally:
        await bot.session.close()

async def by_telegram():
    async with telegram.Bot(TOKEN, base_url=f"{base}/bot") as bot:
        return len(await bot.get_updates())

seen = asyncio.run(by_aiogram()), asyncio.run(by_telegram())
print("aiogram:", seen[0], "- python-telegram-bot:", seen[1])
if seen != ("ClientDecodeError", 2):
    sys.exit("they behave differently now")
PY
echo "as described"
