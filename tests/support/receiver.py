# A webhook receiver: `receiver.py PORT FILE`. Writes each delivery as a line to FILE before it answers, so that what it
# answered for outlives its own kill -9. Every HTTPServer thread appends whole lines.
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

out = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = [self.path, self.headers["X-Bot-Delivery"], self.headers["X-Bot-Attempt"], self.headers["X-Bot-Signature"]]
        os.write(out, "\t".join(head).encode() + b"\t" + body + b"\n")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
