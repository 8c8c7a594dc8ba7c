"""Runs the daemon on a log and prints its alerts; what packaging/try does once noci is built.
Starts one process, `noci run`, with settings and state in a folder of its own under /tmp; ends it
and removes the folder on Ctrl-C, SIGTERM, after --seconds, or when the daemon ends by itself."""

import argparse
import base64
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import play  # noqa: E402
import receiver  # noqa: E402
import show  # noqa: E402

SPEED = 10
PATIENCE_TO_START = 20
PATIENCE_TO_END = 15


def say(text):
    print(text, flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_settings(folder, options, logs, url, secret, port):
    """JSON is YAML: no quoting to get wrong."""
    secret_file = os.path.join(folder, "webhook-secret")
    with open(secret_file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(secret + "\n")
    source = {"name": "synapse", "paths": logs, "start_at": "end"}
    if options.capture:
        # The capture is played into a file that is empty now, with stamps in UTC.
        source |= {"start_at": "beginning", "timezone": "UTC"}
    elif options.timezone:
        source["timezone"] = options.timezone
    settings = {
        "sources": [source],
        # This machine's own rules and lists, where it has some, are not what is tried here.
        "rules": {"dir": options.rules, "extra_dir": os.path.join(folder, "rules.d")},
        "lists": {"extra_dir": os.path.join(folder, "lists")},
        "webhooks": [{"name": "try", "url": url, "secret_file": secret_file}],
        "metrics": {"listen": f"127.0.0.1:{port}"},
        "state": {"dir": os.path.join(folder, "state")},
        "control": {"socket": os.path.join(folder, "control.sock")},
        # A capture that is played faster than it was recorded is late by its nature.
        "health": {"alerts": not options.capture},
        # Each alert is to be seen as it comes.
        "delivery": {"digest_from": 0},
    }
    for name in ("rules.d", "lists", "state"):
        os.mkdir(os.path.join(folder, name))
    path = os.path.join(folder, "noci.yaml")
    with open(path, "w") as file:
        json.dump(settings, file, indent=2)
    return path


class Daemon:
    def __init__(self, binary, config, log_path):
        self.log_path = log_path
        with open(log_path, "wb") as log:
            # A session of its own: Ctrl-C reaches this script alone, which then ends the daemon in
            # order, so that its last alerts still find the receiver.
            self.process = subprocess.Popen(
                [binary, "run", "--config", config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def has_ended(self):
        return self.process.poll() is not None

    def wait_until_ready(self, url):
        deadline = time.monotonic() + PATIENCE_TO_START
        while time.monotonic() < deadline and not self.has_ended():
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return True
            except OSError:
                time.sleep(0.05)
        return False

    def end(self):
        if not self.has_ended():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE_TO_END)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def print_log(self):
        with open(self.log_path, errors="replace") as log:
            sys.stderr.writelines("  " + show.clean(line.rstrip("\n")) + "\n" for line in log.readlines()[-30:])


def parse_arguments():
    parser = argparse.ArgumentParser(description="see packaging/try --help")
    parser.add_argument("--noci", required=True)
    parser.add_argument("--rules", required=True, type=os.path.abspath)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--timezone")
    parser.add_argument("--log", action="append", default=[])
    parser.add_argument("--capture")
    return parser.parse_args()


class Watch:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.ended = threading.Event()
        self.alerts = 0
        self.colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def print_alert(self, payload):
        self.alerts += 1
        say("\n" + "\n".join(show.describe(payload, self.colour)))

    def play_capture(self, log):
        capture = play.Capture(self.options.capture)
        say(f"playing  {capture.duration(1):.0f} s of a genuine Synapse log, {SPEED} times as fast"
            f" ({capture.duration(SPEED):.0f} s); an account starts to scrape at about 10 s")
        capture.play(log, SPEED, self.ended)
        if not self.ended.is_set():
            say("\nthe capture has been played" + ("" if self.options.seconds else "; Ctrl-C ends the watch"))

    def run(self):
        options = self.options
        logs = options.log
        if options.capture:
            logs = [os.path.join(self.folder, "homeserver.log")]
            open(logs[0], "wb").close()
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        inbox = receiver.Receiver(secret, self.print_alert, lambda text: say("receiver: " + text))
        port = free_port()
        config = write_settings(self.folder, options, logs, inbox.url, secret, port)
        daemon = Daemon(options.noci, config, os.path.join(self.folder, "noci.log"))
        try:
            if not daemon.wait_until_ready(f"http://127.0.0.1:{port}/healthz"):
                sys.stderr.write("try: the daemon did not start; it said:\n")
                daemon.print_log()
                return 3
            say(f"watching {' '.join(logs)}")
            say(f"webhook  {inbox.url} (signed; received and printed here)")
            say(f"metrics  http://127.0.0.1:{port}/metrics")
            if options.capture:
                threading.Thread(target=self.play_capture, args=(logs[0],), daemon=True).start()
            self.wait(daemon)
        finally:
            fell_over = daemon.has_ended()
            status = daemon.end()
            inbox.close()
        if fell_over or status != 0:
            sys.stderr.write(f"try: the daemon ended {'by itself ' if fell_over else ''}with {status}; it said:\n")
            daemon.print_log()
            return 3
        say(f"\n{self.alerts} alert messages received")
        return 1 if options.capture and options.seconds and not self.alerts else 0

    def wait(self, daemon):
        deadline = time.monotonic() + self.options.seconds if self.options.seconds else None
        while not self.ended.is_set() and not daemon.has_ended():
            if deadline is not None and time.monotonic() >= deadline:
                break
            self.ended.wait(0.2)
        self.ended.set()


def main():
    options = parse_arguments()
    folder = tempfile.mkdtemp(prefix="noci-try-")
    watch = Watch(options, folder)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: watch.ended.set())
    try:
        return watch.run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
