#!/usr/bin/env python3
"""A bot with buttons, with nothing but Python's standard library: /lamp shows a switch, and pressing it changes what it shows.

    BOTMOTHER_TOKEN=bm_… python3 examples/buttons.py

BOTMOTHER_URL names another daemon than http://localhost:7842. docs/buttons.md says how people press in which client.
"""
import http.client, json, os, sys, time, urllib.error, urllib.request

URL = os.environ.get("BOTMOTHER_URL", "http://localhost:7842")
TOKEN = os.environ.get("BOTMOTHER_TOKEN") or sys.exit("BOTMOTHER_TOKEN is not set: /newbot gives one")


def call(method, body=None, key=None):
    """The result of a call, None where it was refused. Waits and tries again as long as that may help."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "Idempotency-Key": key or ""}
    headers = {name: value for name, value in headers.items() if value}
    data = None if body is None else json.dumps(body).encode()
    while True:
        try:
            request = urllib.request.Request(f"{URL}/bot/{method}", data, headers)
            return json.load(urllib.request.urlopen(request, timeout=70))["result"]
        except urllib.error.HTTPError as error:
            print(method, error.code, json.load(error)["description"], file=sys.stderr)
            if error.code in (401, 409):
                sys.exit(1)  # A wrong token, or another program polls this bot: nothing to wait for.
            if error.code != 429 and error.code < 500 or error.code in (501, 502):
                return None
        except (OSError, ValueError, http.client.HTTPException) as error:
            print(f"{URL}: {error}", file=sys.stderr)
        time.sleep(2)


def lamp(is_on):
    buttons = [[{"text": "Off", "data": "off"} if is_on else {"text": "On", "data": "on"}]]
    return {"text": f"The lamp is {'on' if is_on else 'off'}.", "buttons": buttons}


def on_press(press, key):
    is_on = press["data"] == "on"
    call("answerCallbackQuery", {"callback_id": press["id"], "text": "Done."}, f"{key}-answer")
    place = {"to": press.get("room") or press["from"], "type": press["type"]}
    edit = {**place, "message_id": press["message_id"], **lamp(is_on)}
    if call("editMessage", edit, f"{key}-edit") is None:  # The built-in chat has no edits.
        call("sendMessage", {**place, **lamp(is_on)}, f"{key}-new")


call("setCommands", {"commands": [{"command": "lamp", "description": "Switch the lamp"}]})
offset = 0
while True:
    for update in call(f"getUpdates?offset={offset}&timeout=50") or []:
        data, key = update["data"], f"lamp-{update['update_id']}"
        if update["type"] == "callback_query":
            on_press(data, key)
        elif update["type"] == "message" and data.get("body") == "/lamp":
            call("sendMessage", {"to": data["from"], **lamp(False)}, key)
        offset = update["update_id"] + 1  # The next call says with it that this one is done.
