"""Updates by webhook: one after the other for each bot, the next when the last was answered with 2xx."""

import json
import threading
import time
import urllib.error
import urllib.request
from ssl import _create_unverified_context

import methods
from parts import METHODS, Arguments
from state import Refused

# Telegram's own waits grow to a minute or two; a test has no such time.
WAIT_MAX_S = 2.0


def deliver(state):
    """Looks for work whenever something has changed."""
    at_work = set()
    with state.lock:
        while True:
            for token, bot in state.bots().items():
                if bot.get("webhook") and token not in at_work and state.pending(token):
                    at_work.add(token)
                    threading.Thread(target=work, args=(state, token, at_work), daemon=True).start()
            state.changed.wait()


def work(state, token, at_work):
    wait = 0.05
    try:
        while True:
            with state.lock:
                hook = (state.get("bot", token) or {}).get("webhook")
                updates = state.take_updates(token, 0, 1)
            if not hook or not updates:
                return
            error = send(state, token, hook, updates[0])
            with state.change():
                bot = state.get("bot", token)
                if error is None:
                    state.db.execute("DELETE FROM queue WHERE token = ? AND id = ?", (token, updates[0]["update_id"]))
                    wait = 0.05
                elif bot.get("webhook"):
                    bot["webhook"].update(last_error_date=int(time.time()), last_error_message=error)
                    state.put("bot", token, bot)
            if error:
                time.sleep(wait)
                wait = min(2 * wait, WAIT_MAX_S)
    finally:
        with state.change():
            at_work.discard(token)


def send(state, token, hook, update):
    """None, or what went wrong. A body that names a method is carried out."""
    head = {"Content-Type": "application/json"}
    if hook.get("secret"):
        head["X-Telegram-Bot-Api-Secret-Token"] = hook["secret"]
    request = urllib.request.Request(hook["url"], json.dumps(update).encode(), head)
    try:
        with urllib.request.urlopen(request, timeout=10, context=_create_unverified_context()) as answer:
            body = answer.read(1 << 20)
    except urllib.error.HTTPError as error:
        return f"Wrong response from the webhook: {error.code} {error.reason}"
    except OSError as error:
        return f"Connection failed: {error}"
    try:
        wanted = json.loads(body)
        name = wanted.pop("method").lower()
        with state.change():
            seq = state.log_call(token, name, {"arguments": wanted, "files": {}, "at": time.time(), "http": "webhook"})
            call = methods.Call(state, token, state.bot(token), Arguments(wanted, {}))
            state.finish_call(seq, 200, METHODS[name](call))
    except (ValueError, KeyError, AttributeError, Refused):
        pass
    return None
