"""Parts of tests/bench/run that need the daemon: how soon a webhook is told, and what it costs."""

import base64
import http.server
import json
import os
import secrets
import socket
import subprocess
import threading
import time

from table import ROOT

LINES_A_SECOND = 5000
SECONDS = 30
PROBES = 100
TICKS = os.sysconf("SC_CLK_TCK")
REQUEST = (r'{"log":"203.0.113.9 - 8008 - {USER} Processed request: 0.010sec/0.001sec ru=(0.001sec, 0.000sec) '
           r'db=(0.001sec/0.001sec/2) BYTESB 200 \"GET URI HTTP/1.1\" \"curl/8\" [0 dbevts]",'
           r'"namespace":"synapse.access.http.8008","level":"INFO","time":TIME,"server_name":"hs.example",'
           r'"request":"GET-NUMBER","ip_address":"203.0.113.9","site_tag":"8008","requester":"USER",'
           r'"authenticated_entity":"USER","method":"GET","url":"URI","protocol":"HTTP/1.1","user_agent":"curl/8"}')
MEDIUM = "/_matrix/client/v1/media/download/hs.example/abc"
SYNC = "/_matrix/client/v3/sync?since=s1&timeout=30000"


def line(number, user, uri, size):
    text = REQUEST
    for name, value in (("USER", user), ("URI", uri), ("BYTES", size), ("TIME", f"{time.time():.2f}"),
                        ("NUMBER", number)):
        text = text.replace(name, str(value))
    return text + "\n"


class Receiver:
    """Keeps when each account was first spoken of."""

    def __init__(self):
        self.seen = {}
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                now = time.monotonic()
                body = self.rfile.read(int(self.headers["content-length"]))
                for user in [word for word in body.decode().split('"') if word.startswith("@probe")]:
                    receiver.seen.setdefault(user, now)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/"


class Daemon:
    def __init__(self, bench, name, receiver):
        self.folder = bench.path(name)
        os.makedirs(os.path.join(self.folder, "state"))
        self.log = os.path.join(self.folder, "homeserver.log")
        secret = os.path.join(self.folder, "secret")
        with open(secret, "w") as file:
            file.write("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
        os.chmod(secret, 0o600)
        open(self.log, "w").close()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = os.path.join(self.folder, "noci.yaml")
        with open(config, "w") as file:
            json.dump({
                "sources": [{"name": "bench", "paths": [self.log], "format": "json"}],
                "rules": {"dir": os.path.join(ROOT, "rules")},
                "lists": {"dir": os.path.join(ROOT, "rules", "lists")},
                "webhooks": [{"name": "bench", "url": receiver.url(), "secret_file": secret, "rate": {"alerts": 0}}],
                "state": {"dir": os.path.join(self.folder, "state")},
                "control": {"socket": os.path.join(self.folder, "control.sock")},
                "metrics": {"listen": f"127.0.0.1:{self.port}"},
            }, file)
        with open(os.path.join(self.folder, "noci.log"), "wb") as log:
            self.process = subprocess.Popen([bench.noci, "run", "--config", config], stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(os.path.join(self.folder, "noci.log")) as log:
                    raise RuntimeError("noci run is not ready: " + log.read()[-500:])
            time.sleep(0.05)

    def is_ready(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def cpu(self):
        """Seconds of user and system time."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def wake_ups(self):
        total = 0
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{task}/status") as file:
                total += sum(int(text.split()[1]) for text in file if text.startswith("voluntary_ctxt"))
        return total

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def live(bench, report):
    """Fifty appends a second; now and then the last line is one that must be told of."""
    receiver = Receiver()
    daemon = Daemon(bench, "live", receiver)
    sent = {}
    number = 0
    step = 1 / 50
    begin, cpu = time.monotonic(), daemon.cpu()
    with open(daemon.log, "a", buffering=1 << 20) as file:
        for turn in range(SECONDS * 50):
            for _ in range(LINES_A_SECOND // 50):
                number += 1
                file.write(line(number, f"@person{number * 7919 % 50000}:hs.example", SYNC, 700))
            if turn % (SECONDS * 50 // PROBES) == 0:
                number += 1
                user = f"@probe{turn}:hs.example"
                file.write(line(number, user, MEDIUM, 600_000_000))
                sent[user] = time.monotonic()
            file.flush()
            time.sleep(max(0, begin + (turn + 1) * step - time.monotonic()))
    share = (daemon.cpu() - cpu) / (time.monotonic() - begin)
    time.sleep(1)
    daemon.stop()
    delays = sorted((receiver.seen[user] - at) * 1000 for user, at in sent.items() if user in receiver.seen)
    if len(delays) < len(sent):
        report.bar("live: every probe is told", str(len(sent)), str(len(delays)), False)
        return
    median, late = delays[len(delays) // 2], delays[int(len(delays) * 0.99) - 1]
    when = f"live, {LINES_A_SECOND} lines/s"
    report.bar(f"{when}: line → POST, median", "5 ms", f"{median:.1f} ms", median <= 5)
    report.bar(f"{when}: line → POST, 99 %", "50 ms", f"{late:.1f} ms", late <= 50)
    report.bar(f"{when}: daemon", "5 % of a core", f"{share * 100:.1f} %", share <= 0.05)


def idle(bench, report):
    daemon = Daemon(bench, "idle", Receiver())
    time.sleep(10)  # what a start leaves to be done
    begin, cpu, wake_ups = time.monotonic(), daemon.cpu(), daemon.wake_ups()
    time.sleep(60)
    seconds = time.monotonic() - begin
    share = (daemon.cpu() - cpu) / seconds
    rate = (daemon.wake_ups() - wake_ups) / seconds
    daemon.stop()
    report.bar("idle", "0.1 % of a core", f"{share * 100:.2f} %, {rate:.1f} wake-ups a second", share <= 0.001)
