"""Drives the real binary from outside. A Case has a folder of its own that goes when it ends; a
Daemon is `noci run` with state, sockets and ports of its own, ended with the test that started it.
NOCI names the binary (ctest sets it); nothing here waits for a time, only for something to be so."""

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
NOCI = os.environ.get("NOCI", os.path.join(ROOT, "build", "dev", "noci"))
RULES = os.path.join(ROOT, "rules")
# Long enough for a sanitized build on a machine that compiles beside it; nobody waits this long
# unless something is broken.
PATIENCE = 120
SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def wait_for(what, condition, patience=PATIENCE):
    """The first true value of `condition()`; fails with `what` when there is none in time."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience} s in vain: {what}")
        time.sleep(0.02)


def free_port(given=set()):
    """One that no other call gave, below those that the kernel gives to outgoing connections."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        first = int(file.read().split()[0])
    for _ in range(100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", random.randrange(first - 10_000, first) if first > 12_000 else 0))
            except OSError:
                continue  # somebody listens
            port = probe.getsockname()[1]
        if port not in given:
            given.add(port)
            return port
    raise AssertionError("no port of 127.0.0.1 is free")


def tied(command):
    """The command by a program that ends when this one does, killed or not."""
    return ["setpriv", "--pdeathsig", "KILL", "--", *command]


def noci(*arguments, stdin=b"", **more):
    """Runs a verb to its end: CompletedProcess with bytes."""
    return subprocess.run([NOCI, *arguments], input=stdin, capture_output=True, check=False, timeout=300, **more)


def json_lines(raw):
    return [json.loads(line) for line in raw.decode().splitlines()]


def parse_metrics(text):
    """{name: [(labels, value)]}"""
    metrics = {}
    for line in text.splitlines():
        match = SAMPLE.match(line)
        if match:
            metrics.setdefault(match[1], []).append((dict(LABEL.findall(match[2] or "")), float(match[3])))
    return metrics


class Daemon:
    """`noci run` over `sources`. `extra` is laid over the settings, section by section."""

    def __init__(self, case, sources, webhooks=(), extra=None, rules=RULES):
        self.folder = tempfile.mkdtemp(dir=case.folder)
        self.port = free_port()
        self.settings = {
            "node": "test",
            "sources": sources,
            "rules": {"dir": rules, "extra_dir": self.make("rules.d")},
            "lists": {"extra_dir": self.make("lists")},
            "webhooks": list(webhooks),
            # Captures are old news; what is sent of them is looked at alert by alert.
            "delivery": {"digest_from": 0},
            "state": {"dir": self.make("state"), "commit_interval": "200ms"},
            "control": {"socket": os.path.join(self.folder, "control.sock")},
            "metrics": {"listen": f"127.0.0.1:{self.port}"},
            **(extra or {}),
        }
        self.config = os.path.join(self.folder, "noci.yaml")
        self.write_settings()
        self.log_path = os.path.join(self.folder, "noci.log")
        self.process = None
        self.environment = {}  # besides this process's own
        case.addCleanup(self.kill)

    def make(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path, exist_ok=True)
        return path

    def write_settings(self):
        with open(self.config, "w") as file:
            json.dump(self.settings, file, indent=1)  # JSON is YAML

    def start(self, wait=True, stdin=subprocess.DEVNULL):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([NOCI, "run", "--config", self.config], stdin=stdin,
                                            stdout=log, stderr=log, env={**os.environ, **self.environment})
        if wait:
            wait_for("the daemon is ready", self.is_ready)
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"noci run ended with {self.process.returncode}:\n{self.log()}")
        return self.get("/readyz")[0] == 200

    def get(self, path):
        """(status, body); status 0 while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metrics(self):
        return parse_metrics(self.get("/metrics")[1])

    def metric(self, name, **labels):
        """Sum of the samples of `name` that have these labels."""
        return sum(value for have, value in self.metrics().get(name, ())
                   if all(have.get(key) == wanted for key, wanted in labels.items()))

    def ask(self, **question):
        """The daemon's answer at its control socket."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(self.settings["control"]["socket"])
            client.sendall(json.dumps(question).encode() + b"\n")
            answer = b""
            while more := client.recv(1 << 16):
                answer += more
        return json.loads(answer)

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """SIGTERM; the exit code. Ends within seconds, or the test fails."""
        self.signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()


class Case(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="noci-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path


def main(when_passed=None):
    """Runs the module's tests; 77 when each was skipped, which ctest knows as skipped."""
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    if result.skipped:
        print("\n".join(reason for _, reason in result.skipped))
    if result.testsRun and len(result.skipped) == result.testsRun:
        sys.exit(77)
    if when_passed and result.wasSuccessful():
        when_passed()
    sys.exit(not result.wasSuccessful())
