"""What tests/bench compares with: a bot as one writes it with slixmpp and aiohttp, for the paths that the daemon has.

slixmpp_bot.py HTTP_PORT XMPP_PORT JID PASSWORD CA_FILE; prints a line when it is online. `POST /bot/sendMessage` answers
when the stanza is in the library's queue and `GET /bot/getUpdates` waits; both keep everything in memory, without a token
and without a promise. Ends with its input.
"""

import asyncio
import json
import logging
import sys
from collections import deque

import slixmpp
from aiohttp import web

UPDATES_PER_ANSWER = 100


class Bot(slixmpp.ClientXMPP):
    def __init__(self, jid, password, ca_file):
        super().__init__(jid, password)
        self.ca_certs = ca_file
        # Otherwise it tries TLS on the port for STARTTLS first.
        self.enable_direct_tls = False
        self.updates = deque()
        self.last_update = 0
        self.news = asyncio.Condition()
        self.add_event_handler("session_start", self.on_session)
        self.add_event_handler("message", self.on_message)

    async def on_session(self, _event):
        self.send_presence()
        print("online", flush=True)

    async def on_message(self, message):
        if not message["body"]:
            return
        self.last_update += 1
        data = {"from": message["from"].bare, "body": message["body"]}
        self.updates.append({"update_id": self.last_update, "type": "message", "data": data})
        async with self.news:
            self.news.notify_all()

    async def send_text(self, request):
        asked = await request.json()
        message = self.make_message(mto=asked["to"], mbody=asked["text"], mtype="chat")
        message.send()
        return answer({"message_id": message["id"]})

    async def get_updates(self, request):
        offset = int(request.query.get("offset", 0))
        timeout = float(request.query.get("timeout", 0))
        while self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        if not self.updates:
            try:
                async with self.news:
                    await asyncio.wait_for(self.news.wait_for(lambda: self.updates), timeout)
            except asyncio.TimeoutError:
                pass
        return answer([self.updates[at] for at in range(min(len(self.updates), UPDATES_PER_ANSWER))])


def answer(result):
    text = json.dumps({"ok": True, "result": result}, separators=(",", ":"), ensure_ascii=False)
    return web.Response(text=text, content_type="application/json")


async def until_input_ends():
    """Whoever started us is gone then."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def main():
    http_port, xmpp_port, jid, password, ca_file = sys.argv[1:]
    logging.basicConfig(level=logging.ERROR)
    bot = Bot(jid, password, ca_file)
    bot.connect("127.0.0.1", int(xmpp_port))
    paths = web.Application()
    paths.add_routes([web.post("/bot/sendMessage", bot.send_text), web.get("/bot/getUpdates", bot.get_updates)])
    runner = web.AppRunner(paths, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(http_port)).start()
    await until_input_ends()


asyncio.run(main())
