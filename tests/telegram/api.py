"""A stub of api.telegram.org, written from the public documentation of the Bot API: standard library only, one process.

    python3 api.py --journal FILE [--port N]

Prints its port, and ends when its input does. `/bot<token>/<method>` and `/file/bot<token>/<path>` are Telegram's; tests order under `/_/` what people do and
what goes wrong, see people.py (`/_/help` lists it). All it knows is in FILE: killed and started again, it goes on.
"""

import argparse
import email.parser
import email.policy
import hashlib
import json
import re
import socket
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import methods
import people
import webhooks
from parts import METHODS, UPLOAD_MAX, Arguments
from state import Refused, State

POLL_MAX_S, LIMIT_MAX = 50, 100
# Calls that write to a chat, which Telegram counts.
WRITES = re.compile(r"(send(?!chataction)|edit|forward|copy|setmessagereaction)")


class Cut(Exception):
    """The connection ends without an answer."""


class Done(Exception):
    """Answered already."""


class Polls:
    """Who polls: the newest of each bot; an older one is told of it."""

    def __init__(self):
        self.newest = {}

    def wait(self, state, token, arguments):
        timeout = min(max(arguments.number("timeout"), 0), POLL_MAX_S)
        limit = min(max(arguments.number("limit", 100), 1), LIMIT_MAX)
        offset = arguments.number("offset")
        end = time.monotonic() + timeout
        me, first = object(), True
        with state.lock:
            self.newest[token] = me
            state.changed.notify_all()
            while True:
                with state.change(quiet=True):
                    bot = state.bot(token)
                    self.check(bot, token, me, first)
                    if first:
                        methods.allow(methods.Call(state, token, bot, arguments))
                    # A negative offset is meant once.
                    updates = state.take_updates(token, offset if first else max(offset, 0), limit)
                left = end - time.monotonic()
                if updates or left <= 0:
                    return updates
                first = False
                state.changed.wait(left)

    def check(self, bot, token, me, first):
        if bot.get("webhook"):
            can_not = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            raise Refused(409, can_not if first else "Conflict: terminated by setWebhook request")
        if self.newest[token] is not me:
            raise Refused(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")


class Flood:
    """Telegram's patience with one chat, where a test sets it."""

    def __init__(self):
        self.recent, self.banned = {}, {}

    def check(self, state, token, name, arguments):
        rule = state.get("flood", token)
        if not rule or not rule.get("messages") or not WRITES.match(name):
            return
        key, now = (token, arguments.text("chat_id")), time.monotonic()
        recent = self.recent[key] = [at for at in self.recent.get(key, []) if now - at < rule["seconds"]]
        if now < self.banned.get(key, 0):
            self.banned[key] += rule.get("wait", 1)
        elif len(recent) >= rule["messages"]:
            self.banned[key] = now + rule.get("wait", 1)
        else:
            recent.append(now)
            return
        wait = int(self.banned[key] - now) + 1
        raise Refused(429, f"Too Many Requests: retry after {wait}", retry_after=wait)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 300

    def do_GET(self):
        try:
            self.serve()
        except Done:
            pass
        except Cut:
            self.close_connection = True
            # RST, so that a client sees a broken connection and no end in order.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    do_POST = do_GET

    def serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        path, _, query = self.path.partition("?")
        path = urllib.parse.unquote(path)
        if length > UPLOAD_MAX + (1 << 20):
            self.close_connection = True
            return self.refuse(Refused(413, "Request Entity Too Large"))
        body = self.read_body(length)
        if path.startswith("/_/"):
            return self.order(path[3:], query, body)
        if path.startswith("/file/bot"):
            return self.download(*(path[9:].partition("/")[::2]))
        parts = path.split("/")
        if len(parts) != 3 or not parts[1].startswith("bot"):
            return self.refuse(Refused(404, "Not Found"))
        try:
            arguments = self.arguments(query, body)
        except (ValueError, KeyError):
            return self.refuse(Refused(400, "Bad Request: can't parse the request's body"))
        self.call(parts[1][3:], parts[2], arguments)

    def read_body(self, length):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(length)
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def arguments(self, query, body):
        values = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        kind, files = self.headers.get_content_type(), {}
        if not body:
            pass
        elif kind == "application/json":
            values.update(json.loads(body) or {})
        elif kind == "multipart/form-data":
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            for part in email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body).iter_parts():
                name, data = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
                if part.get_filename() is None:
                    values[name] = data.decode()
                else:
                    files[name] = (data, part.get_filename(), part.get_content_type())
        elif kind == "application/x-www-form-urlencoded":
            values.update(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        return Arguments({name: value for name, value in values.items() if value is not None}, files)

    def call(self, token, name, arguments):
        state, lower = self.server.state, name.lower()
        files = {
            part: {"file_name": file[1], "mime_type": file[2], "size": len(file[0]), "sha256": hashlib.sha256(file[0]).hexdigest()}
            for part, file in arguments.files.items()
        }
        noted = {"arguments": dict(arguments), "files": files, "at": time.time(), "http": self.command}
        with state.change():
            fault = state.take_fault(token, name, arguments.get("chat_id"))
            # Polls come by the second and tell nobody anything.
            seq = None if lower == "getupdates" and fault is None else state.log_call(token, name, noted)
        if fault:
            self.meet(fault, seq)
        try:
            result = self.carry_out(token, lower, arguments)
        except Refused as refused:
            if fault and fault["kind"] == "lost":
                raise Cut from None
            return self.refuse(refused, seq)
        if seq is not None:
            with state.change():
                state.finish_call(seq, 200, result)
        if fault and fault["kind"] == "lost":
            raise Cut
        self.answer(200, {"ok": True, "result": result})

    def carry_out(self, token, name, arguments):
        state = self.server.state
        if name == "getupdates":
            return self.server.polls.wait(state, token, arguments)
        with state.change():
            bot = state.bot(token)
            if name not in METHODS:
                raise Refused(404, "Not Found: method not found")
            self.server.flood.check(state, token, name, arguments)
            return METHODS[name](methods.Call(state, token, bot, arguments))

    def meet(self, fault, seq):
        """What a test wants to go wrong. Some faults let the call go on."""
        kind = fault["kind"]
        if kind in ("hang", "slow"):
            time.sleep(fault.get("seconds", 1))
        if kind in ("close", "hang"):
            raise Cut
        if kind == "garbage":
            page = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
            self.send(fault.get("code", 502), page, "text/html")
            raise Done
        if kind == "error":
            code, wait = fault.get("code", 500), fault.get("retry_after")
            usual = {401: "Unauthorized", 403: "Forbidden: bot was blocked by the user", 429: f"Too Many Requests: retry after {wait}",
                     409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                     404: "Not Found", 502: "Bad Gateway"}  # fmt: skip
            description = fault.get("description") or usual.get(code, "Internal Server Error" if code >= 500 else "Bad Request")
            parameters = {name: fault[name] for name in ("retry_after", "migrate_to_chat_id") if name in fault}
            self.refuse(Refused(code, description, **parameters), seq)
            raise Done

    def download(self, token, path):
        state = self.server.state
        with state.lock:
            state_bot = state.get("bot", token)
            data = state.file_at(path) if state_bot and not state_bot.get("revoked") else None
            fault = state.take_fault(token, "file", "")
        if fault and fault["kind"] in ("close", "hang", "lost"):
            if fault["kind"] == "lost" and data:
                # Half of it comes.
                self.send(200, data, "application/octet-stream", half=True)
            raise Cut
        if fault and fault["kind"] == "error":
            return self.refuse(Refused(fault.get("code", 500), "Internal Server Error"))
        if state_bot is None:
            return self.refuse(Refused(401, "Unauthorized"))
        if data is None:
            return self.refuse(Refused(404, "Not Found"))
        self.send(200, data, "application/octet-stream")

    def order(self, name, query, body):
        if name == "help":
            text = "\n".join(f"{name}: {do.__doc__}" for name, do in people.ORDERS.items())
            return self.send(200, text.encode(), "text/plain; charset=utf-8")
        values = dict(urllib.parse.parse_qsl(query))
        try:
            values.update(json.loads(body or b"{}"))
            result = people.run(self.server.state, name, values)
        except (people.Wrong, ValueError, TypeError) as wrong:
            return self.answer(400, {"ok": False, "description": f"{type(wrong).__name__}: {wrong}"})
        self.answer(200, {"ok": True, "result": result})

    def refuse(self, refused, seq=None):
        answer = {"ok": False, "error_code": refused.code, "description": refused.description}
        if refused.parameters:
            answer["parameters"] = refused.parameters
        if seq is not None:
            with self.server.state.change():
                self.server.state.finish_call(seq, refused.code, answer)
        self.answer(refused.code, answer)

    def answer(self, status, value):
        self.send(status, json.dumps(value).encode(), "application/json")

    def send(self, status, body, kind, half=False):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port, journal):
        super().__init__(("127.0.0.1", port), Handler)
        self.state, self.polls, self.flood = State(journal), Polls(), Flood()

    def handle_error(self, request, client_address):
        # Clients that are gone are no news.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--journal", required=True)
    options = parser.parse_args()
    server = Server(options.port, options.journal)
    threading.Thread(target=webhooks.deliver, args=(server.state,), daemon=True).start()
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
