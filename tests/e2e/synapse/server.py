"""A real Synapse of one process on this machine's loopback: SQLite, both log formats side by side."""

import os
import re
import subprocess
import sys
import unittest
import urllib.request

from harness import ROOT, free_port, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, "build", "e2e-synapse")
OFFLINE = re.compile("NewConnectionError|NameResolutionError|ConnectTimeout|Temporary failure|ProxyError|unreachable", re.I)
SERVER_NAME = "e2e.example"
SHARED_SECRET = "only for this test"

SETTINGS = """\
server_name: {name}
pid_file: {folder}/homeserver.pid
listeners:
  - {{port: {port}, type: http, tls: false, x_forwarded: true, bind_addresses: ['127.0.0.1'], resources: [{{names: [client]}}]}}
database: {{name: sqlite3, args: {{database: '{folder}/homeserver.db'}}}}
log_config: {folder}/log.yaml
media_store_path: {folder}/media
signing_key_path: {folder}/signing.key
registration_shared_secret: '{secret}'
macaroon_secret_key: 'a secret'
form_secret: 'another secret'
report_stats: false
trusted_key_servers: []
room_list_publication_rules: [{{action: allow}}]
rc_message: &fast {{per_second: 10000, burst_count: 10000}}
rc_login: {{address: *fast, account: *fast, failed_attempts: *fast}}
rc_joins: {{local: *fast, remote: *fast}}
rc_joins_per_room: *fast
rc_room_creation: *fast
rc_media_create: *fast
"""

# Synapse's own formatters; unbuffered, so that a line can be read as soon as it was written.
LOGGING = """\
version: 1
disable_existing_loggers: false
formatters:
  precise: {{format: '%(asctime)s - %(name)s - %(lineno)d - %(levelname)s - %(request)s - %(message)s'}}
  json: {{class: synapse.logging.TerseJsonFormatter}}
handlers:
  text: {{class: logging.FileHandler, formatter: precise, filename: '{folder}/homeserver.log', encoding: utf8}}
  json: {{class: logging.FileHandler, formatter: json, filename: '{folder}/homeserver.json.log', encoding: utf8}}
loggers:
  synapse.storage.SQL: {{level: INFO}}
root: {{level: INFO, handlers: [text, json]}}
"""


def installed():
    """Python of the virtual environment, made once and kept in build/."""
    python = os.path.join(VENV, "bin", "python")
    requirements = os.path.join(HERE, "requirements.txt")
    stamp = os.path.join(VENV, "requirements.txt")
    with open(requirements) as file:
        wanted = file.read()
    if os.path.exists(stamp):
        with open(stamp) as file:
            if file.read() == wanted:
                return python
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise unittest.SkipTest("skipped: needs python3-venv") from error
    made = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                           "--only-binary", ":all:", "-r", requirements],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if made.returncode:
        if OFFLINE.search(made.stdout):
            raise unittest.SkipTest("skipped: needs PyPI")
        raise AssertionError(f"pip could not install Synapse:\n{made.stdout[-3000:]}")
    with open(stamp, "w") as file:
        file.write(wanted)
    return python


class Homeserver:
    def __init__(self, case):
        self.python = installed()
        self.folder = case.path("synapse")
        os.makedirs(os.path.join(self.folder, "media"))
        self.port = free_port()
        self.text_log = os.path.join(self.folder, "homeserver.log")
        self.json_log = os.path.join(self.folder, "homeserver.json.log")
        self.config = os.path.join(self.folder, "homeserver.yaml")
        with open(self.config, "w") as file:
            file.write(SETTINGS.format(name=SERVER_NAME, folder=self.folder, port=self.port, secret=SHARED_SECRET))
        with open(os.path.join(self.folder, "log.yaml"), "w") as file:
            file.write(LOGGING.format(folder=self.folder))
        self.process = None
        case.addCleanup(self.stop)

    def start(self):
        command = [self.python, "-m", "synapse.app.homeserver", "--config-path", self.config]
        # UTC, so that a text log needs no knowledge of this machine.
        environment = {**os.environ, "TZ": "UTC"}
        subprocess.run([*command, "--generate-keys"], check=True, capture_output=True, env=environment)
        with open(os.path.join(self.folder, "output"), "wb") as output:
            self.process = subprocess.Popen(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output)
        wait_for("Synapse answers", self.is_up)
        return self

    def is_up(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.folder, "output")) as file:
                raise AssertionError(f"Synapse ended with {self.process.returncode}:\n{file.read()[-3000:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_matrix/client/versions", timeout=5):
                return True
        except OSError:
            return False

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
