"""Those who send records to a listener: certificates for them, a Fluent-style sender, a real rsyslog."""

import glob
import os
import socket
import ssl
import subprocess
import time

from harness import ROOT, wait_for

TOOLS = os.path.join(ROOT, "build", "tools")


def find_program(*patterns):
    """The first that exists: unpacked by packaging/install-deps, or installed."""
    found = (path for pattern in patterns for path in sorted(glob.glob(pattern)) if os.access(path, os.X_OK))
    return next(found, None)


RSYSLOGD = find_program(f"{TOOLS}/rsyslog/usr/sbin/rsyslogd", "/usr/sbin/rsyslogd")
JOURNAL_REMOTE = find_program(f"{TOOLS}/systemd-journal-remote/usr/lib/systemd/systemd-journal-remote",
                              f"{TOOLS}/systemd-journal-remote/lib/systemd/systemd-journal-remote",
                              "/lib/systemd/systemd-journal-remote")


def modules():
    """Where an unpacked rsyslog has its modules."""
    return [f"-M{path}" for path in glob.glob(f"{TOOLS}/rsyslog/usr/lib/*/rsyslog") if RSYSLOGD.startswith(TOOLS)]


class Authority:
    """A certificate authority with one certificate for the listener and one for each sender."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = os.path.join(folder, "ca.pem")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                     "-subj", "/CN=test authority", "-keyout", os.path.join(folder, "ca.key"), "-out", self.ca)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.folder)

    def issue(self, name):
        """(certificate, key) for this name, signed."""
        cert, key, request = (os.path.join(self.folder, f"{name}.{kind}") for kind in ("pem", "key", "csr"))
        extensions = os.path.join(self.folder, f"{name}.ext")
        with open(extensions, "w") as file:
            file.write(f"subjectAltName=DNS:{name}\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", key, "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", os.path.join(self.folder, "ca.key"),
                     "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", cert)
        return cert, key


def connect(port, tls=None):
    """A connected socket; `tls` is an ssl.SSLContext."""
    plain = socket.create_connection(("127.0.0.1", port), timeout=60)
    return tls.wrap_socket(plain, server_hostname="localhost") if tls else plain


def client_context(authority, certificate=None):
    context = ssl.create_default_context(cafile=authority.ca)
    context.check_hostname = False
    if certificate:
        context.load_cert_chain(*certificate)
    return context


class Rsyslog:
    """A real rsyslogd with a configuration of its own: reads files as they grow, forwards each line
    as it is over TCP, and tries again for as long as nobody listens."""

    def __init__(self, case, folder, port, files, more=""):
        self.folder = folder
        os.makedirs(os.path.join(folder, "work"), exist_ok=True)
        inputs = "\n".join(f'input(type="imfile" File="{path}" Tag="synapse" ruleset="out" readTimeout="0")'
                           for path in files)
        self.config = os.path.join(folder, "rsyslog.conf")
        with open(self.config, "w") as file:
            file.write(f"""global(workDirectory="{folder}/work" maxMessageSize="512k")
module(load="imfile" mode="inotify")
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="out") {{
  action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" template="raw"
         action.resumeRetryCount="-1" action.resumeInterval="1" queue.type="LinkedList" {more})
}}
{inputs}
""")
        self.log = os.path.join(folder, "rsyslogd.log")
        self.process = None
        case.addCleanup(self.stop)

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([RSYSLOGD, *modules(), "-n", "-f", self.config, "-i", os.path.join(self.folder, "pid")],
                                            stdout=log, stderr=log)
        return self

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def spooled(daemon, source):
    """Every byte in the spool of a source: {file name: bytes}, oldest first within a name."""
    folder = os.path.join(daemon.settings["state"]["dir"], "spool", source)
    if not os.path.isdir(folder):
        return {}
    files = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            files[name] = file.read()
    return files


def settle(what, value, still=1.0):
    """Waits until `value()` has not changed for a while, and gives it: for what has no end of its own."""
    state = {"value": None, "since": time.monotonic()}

    def is_still():
        now = value()
        if now != state["value"]:
            state.update(value=now, since=time.monotonic())
        return time.monotonic() - state["since"] >= still

    wait_for(what, is_still)
    return state["value"]
