"""What Telegram costs: 20 bots that listen at the stub, idle, and the rate of Telegram's Bot API beside our own.

    python3 -B tests/telegram/measure.py BINARY [SECONDS]

Prints threads, memory, CPU and wakeups over so long a time (60 s) with and without the bots, then the sends a second by
`/bot<token>/sendMessage` and by `/bot/sendMessage` in turns, four connections each, to the built-in chat.
"""

import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

BOTS, SENDS, ROUNDS, CONNECTIONS = 20, 1_000, 7, 4
PORT = 27_841


def call(connection, path, body, token=None):
    head = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    connection.request("POST", path, json.dumps(body), head)
    answer = connection.getresponse()
    data = answer.read()
    assert answer.status == 200, (path, answer.status, data)
    return json.loads(data)


class Process:
    def __init__(self, pid):
        self.pid = pid

    def status(self):
        lines = pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines)

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wakeups(self):
        count = 0
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            lines = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
            count += int(lines["voluntary_ctxt_switches"])
        return count


def idle(process, what, seconds):
    time.sleep(5)
    cpu, wakeups = process.cpu(), process.wakeups()
    time.sleep(seconds)
    status = process.status()
    print(f"{what}: {status['Threads']} threads, VmRSS {status['VmRSS'].strip()} (RssAnon {status['RssAnon'].strip()}), "
          f"{process.cpu() - cpu:.2f} s CPU and {(process.wakeups() - wakeups) / seconds:.2f} wakeups a second in {seconds} s")  # fmt: skip


def rates(process, token, number):
    def run(path, body, key):
        def work(name):
            connection = http.client.HTTPConnection("127.0.0.1", PORT)
            for at in range(SENDS // CONNECTIONS):
                call(connection, path, {**body, "text": f"{name} {at}"}, key)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(CONNECTIONS)]
        begun, cpu = time.monotonic(), process.cpu()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return SENDS / (time.monotonic() - begun), (process.cpu() - cpu) / SENDS * 1e6

    face, own = [], []
    for _ in range(ROUNDS):
        face.append(run(f"/bot{number}:{token}/sendMessage", {"chat_id": "owner@local"}, None))
        own.append(run("/bot/sendMessage", {"to": "owner@local"}, token))
    middle = lambda rows, at: statistics.median(row[at] for row in rows)
    print(f"/bot<token>/sendMessage: {middle(face, 0):.0f} a second, {middle(face, 1):.0f} µs CPU each; "
          f"/bot/sendMessage: {middle(own, 0):.0f} a second, {middle(own, 1):.0f} µs CPU each; "
          f"ratio {middle(face, 0) / middle(own, 0):.2f}")  # fmt: skip


def main():
    binary, seconds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 60
    here = pathlib.Path(__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder, "config.toml")
        config.write_text("[api]\nrate_limit = 0\n")
        stub = subprocess.Popen([sys.executable, "-B", here / "api.py", "--journal", f"{folder}/stub"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        at = int(stub.stdout.readline())
        command = [binary, "--config", config, "--data", f"{folder}/data", "--port", str(PORT)]
        daemon = subprocess.Popen(command, env={**os.environ, "BOTMOTHER_LOG": "warn"})
        try:
            time.sleep(2)
            measure(Process(daemon.pid), at, seconds)
        finally:
            daemon.kill()
            stub.kill()


def measure(process, at, seconds):
    api, telegram = http.client.HTTPConnection("127.0.0.1", PORT), http.client.HTTPConnection("127.0.0.1", at)
    made = [call(api, "/bot/create", {"name": f"Bot{number}", "account": "owner@local"}) for number in range(BOTS)]
    idle(process, f"{BOTS} bots", seconds)
    user = call(telegram, "/_/user", {"first_name": "Anna"})["result"]["id"]
    for number, bot in enumerate(made):
        token = f"{100 + number}:AAmeasure-0123456789-0123456789-01234"
        call(telegram, "/_/bot", {"token": token})
        body = {"token": token, "chat_id": str(user), "api_url": f"http://127.0.0.1:{at}"}
        call(api, "/bot/telegram/setup", body, bot["token"])
    idle(process, f"{BOTS} bots that listen at Telegram", seconds)
    rates(process, made[0]["token"], made[0]["id"])


main()
