#!/usr/bin/env python3
"""An echo bot with nothing but Python's standard library.

    BOTMOTHER_TOKEN=bm_… python3 examples/echo.py

BOTMOTHER_URL names another daemon than http://localhost:7842.
"""
import http.client, json, os, sys, time, urllib.error, urllib.request

URL = os.environ.get("BOTMOTHER_URL", "http://localhost:7842")
TOKEN = os.environ.get("BOTMOTHER_TOKEN") or sys.exit("BOTMOTHER_TOKEN is not set: /newbot gives one")


def call(method, body=None, key=None):
    """The result of a call, None where it was refused. Waits and tries again as long as that may help."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key  # Tried again under the same key it is still sent once.
    data = None if body is None else json.dumps(body).encode()
    pause = 1
    while True:
        try:
            request = urllib.request.Request(f"{URL}/bot/{method}", data, headers)
            return json.load(urllib.request.urlopen(request, timeout=70))["result"]
        except urllib.error.HTTPError as error:
            said = json.load(error)
            what = f"{method.split('?')[0]}: {error.code} {said['description']}"
            if error.code in (401, 409):
                sys.exit(what)  # A wrong token, or another program polls this bot: nothing to wait for.
            print(what, file=sys.stderr)
            if error.code != 429 and error.code < 500 or error.code in (501, 502):
                return None
            pause = said.get("parameters", {}).get("retry_after", pause)
        # The daemon is not there, or was stopped while we waited.
        except (OSError, ValueError, http.client.HTTPException) as error:
            print(f"{URL}: {error}", file=sys.stderr)
        time.sleep(pause)
        pause = min(pause * 2, 60)


def answer(message):
    if message["body"] == "/start":
        return "Hello! What you write comes back."
    return f"You said: {message['body']}"


call("setCommands", {"commands": [{"command": "start", "description": "Say hello"}]})
offset = 0
while True:
    for update in call(f"getUpdates?offset={offset}&timeout=50") or []:
        message = update["data"]
        if update["type"] == "message" and message.get("body") and message["type"] == "chat":
            call("sendMessage", {"to": message["from"], "text": answer(message)}, f"echo-{update['update_id']}")
        offset = update["update_id"] + 1  # The next call says with it that this one is done.
