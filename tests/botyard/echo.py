"""A bot as people write them for Botyard, with nothing but Python's own library: messages come to its webhook, answers go
out by the Bot API. Environment: API, KEY, PORT, SECRET; and PATIENCE, after so many seconds it ends in any case."""

import json
import os
import signal
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

API = os.environ["API"]
KEY = os.environ["KEY"]
SECRET = os.environ["SECRET"]

ANSWERS = {"/start": "Hi! Write something.", "/ping": "pong"}


def answer(message):
    body = {"chatId": message["chatId"], "body": ANSWERS.get(message["body"], "You said: " + message["body"])}
    request = urllib.request.Request(
        API + "/v1/bot-api/chat/message",
        data=json.dumps(body).encode(),
        headers={"Authorization": KEY, "Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request) as reply:
        assert reply.status == 201, reply.status


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_known = self.headers["Authorization"] == SECRET
        self.send_response(200 if is_known else 401)
        self.end_headers()
        if is_known:
            print(json.dumps(message), flush=True)
            answer(message)

    def log_message(self, *_):
        pass


signal.alarm(int(os.environ["PATIENCE"]))
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Webhook).serve_forever()
