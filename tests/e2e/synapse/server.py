"""A real Synapse of one process on this machine's loopback: SQLite, both log formats side by side."""

import base64
import os
import subprocess
import urllib.request

from harness import free_port, tied, wait_for
from synapse.releases import python_of

SHARED_SECRET = "only for this test"

SETTINGS = """\
server_name: '{name}'
pid_file: {folder}/homeserver.pid
listeners:
  - {{port: {port}, tag: '8008', type: http, tls: false, x_forwarded: true, bind_addresses: ['127.0.0.1'], resources: [{{names: [client], compress: {compress}}}]}}
{listeners}database: {database}
log_config: {folder}/log.yaml
media_store_path: {folder}/media
signing_key_path: {folder}/signing.key
registration_shared_secret: '{secret}'
macaroon_secret_key: 'a secret'
form_secret: 'another secret'
report_stats: false
trusted_key_servers: []
enable_authenticated_media: {authenticated_media}
room_list_publication_rules: [{{action: allow}}]
user_directory: {{enabled: true, search_all_users: true}}
bcrypt_rounds: 4
rc_message: &fast {{per_second: 10000, burst_count: 10000}}
rc_registration: *fast
rc_login: {{address: *fast, account: *fast, failed_attempts: *fast}}
rc_joins: {{local: *fast, remote: *fast}}
rc_joins_per_room: *fast
rc_invites: {{per_room: *fast, per_user: *fast, per_issuer: *fast}}
rc_room_creation: *fast
rc_media_create: *fast
rc_user_directory: *fast
rc_profile: *fast
"""
SQLITE = "{{name: sqlite3, args: {{database: '{folder}/homeserver.db'}}}}"

# Synapse's own formatters; unbuffered, so that a line can be read as soon as it was written.
LOGGING = """\
version: 1
disable_existing_loggers: false
formatters:
  precise: {{format: '%(asctime)s - %(name)s - %(lineno)d - %(levelname)s - %(request)s - %(message)s'}}
  json: {{class: synapse.logging.TerseJsonFormatter}}
handlers:
  text: {{class: logging.FileHandler, formatter: precise, filename: '{text}', encoding: utf8}}
  json: {{class: logging.FileHandler, formatter: json, filename: '{json}', encoding: utf8}}
loggers:
  synapse.storage.SQL: {{level: INFO}}
root: {{level: INFO, handlers: [text, json]}}
"""


class Process:
    """One Synapse process of a folder: its log files, its end with the test that started it."""

    def __init__(self, case, python, folder, name="homeserver", app="synapse.app.homeserver"):
        self.python, self.folder, self.name, self.app = python, folder, name, app
        self.text_log = os.path.join(folder, f"{name}.log")
        self.json_log = os.path.join(folder, f"{name}.json.log")
        self.log_config = os.path.join(folder, "log.yaml" if name == "homeserver" else f"{name}.log.yaml")
        with open(self.log_config, "w") as file:
            file.write(LOGGING.format(text=self.text_log, json=self.json_log))
        self.process = None
        case.addCleanup(self.stop)

    def run(self, *arguments):
        self.output = os.path.join(self.folder, f"{self.name}.output")
        with open(self.output, "wb") as output:
            # UTC, so that a text log needs no knowledge of this machine; and Synapse adds to its version what
            # branch the folders around it have checked out.
            self.process = subprocess.Popen(tied([self.python, "-m", self.app, *arguments]), cwd=self.folder,
                                            env={**os.environ, "TZ": "UTC", "GIT_DIR": os.devnull},
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def answers(self, url):
        if self.process.poll() is not None:
            with open(self.output) as file:
                raise AssertionError(f"Synapse ended with {self.process.returncode}:\n{file.read()[-3000:]}")
        try:
            with urllib.request.urlopen(url, timeout=5):
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


class Homeserver:
    """`listeners` and `more` go into the settings, `{folder}` in them being the server's folder."""

    def __init__(self, case, version, name="e2e.example", authenticated_media=False, compress=False,
                 database=SQLITE, listeners="", more=""):
        self.python = python_of(version)
        self.version = version
        self.name = name
        self.folder = case.path("synapse-" + name.replace(":", "-"))
        os.makedirs(os.path.join(self.folder, "media"))
        self.port = free_port()
        self.config = os.path.join(self.folder, "homeserver.yaml")
        with open(self.config, "w") as file:
            file.write(SETTINGS.format(name=name, folder=self.folder, port=self.port, secret=SHARED_SECRET,
                                       compress=str(compress).lower(),
                                       authenticated_media=str(authenticated_media).lower(),
                                       database=database.format(folder=self.folder),
                                       listeners=listeners.replace("{folder}", self.folder)))
            file.write(more.replace("{folder}", self.folder))
        self.main = Process(case, self.python, self.folder)

    @property
    def processes(self):
        return [self.main]

    @property
    def text_logs(self):
        return [process.text_log for process in self.processes]

    @property
    def json_logs(self):
        return [process.json_log for process in self.processes]

    def port_for(self, client, path):
        """Where a reverse proxy would send the request."""
        return self.port

    def client_ports(self):
        """Of every process that clients talk to."""
        return [self.port]

    @staticmethod
    def health(port):
        """Asked without a line in the log."""
        return f"http://127.0.0.1:{port}/health"

    def launch(self):
        # What --generate-keys would make, without starting Python once more for it.
        with open(os.path.join(self.folder, "signing.key"), "w") as file:
            file.write("ed25519 a_test " + base64.b64encode(os.urandom(32)).decode().rstrip("=") + "\n")
        self.main.run("--config-path", self.config)

    def start(self):
        self.launch()
        return self.wait()

    def wait(self):
        wait_for("Synapse answers", lambda: self.main.answers(self.health(self.port)))
        return self

    def stop(self):
        for process in self.processes:
            process.stop()
