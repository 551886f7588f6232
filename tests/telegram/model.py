"""A stand-in for a language model, which speaks as OpenAI does: it says again what a person told it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SAME = {"id": "c1", "created": 1, "model": "stub"}
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def answer(messages):
    """What stands behind the newest `parrot:`: agents put more around what a person says, and before and behind it."""
    for message in reversed([message for message in messages if message["role"] == "user"]):
        content = message["content"]
        if not isinstance(content, str):
            content = "\n".join(part.get("text", "") for part in content)
        for line in content.splitlines():
            if "parrot:" in line:
                return "You said: " + line[line.index("parrot:") :]
    return "You said nothing."


class Model(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        models = {"object": "list", "data": [{"id": "stub", "object": "model", "context_length": 128000}]}
        self.answer("application/json", json.dumps(models).encode())

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = answer(asked["messages"])
        if not asked.get("stream"):
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            whole = {**SAME, "object": "chat.completion", "choices": [choice], "usage": USAGE}
            return self.answer("application/json", json.dumps(whole).encode())
        pieces = [({"role": "assistant", "content": text}, None), ({}, "stop")]
        events = [{"choices": [{"index": 0, "delta": delta, "finish_reason": end}]} for delta, end in pieces]
        events[-1]["usage"] = USAGE
        lines = [json.dumps({**SAME, "object": "chat.completion.chunk", **event}) for event in events] + ["[DONE]"]
        self.answer("text/event-stream", "".join(f"data: {line}\n\n" for line in lines).encode())


def start():
    """Its address; it ends with the program."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/v1"
