"""PostgreSQL and Redis for a Synapse with workers: run from Debian's binaries in a folder of the test's, as
an account without privileges, and gone with it. Nothing of the machine's own is started or read. Where one of
them is not there or will not run, the test is skipped and says why."""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from harness import PATIENCE, ROOT, free_port, tied, wait_for

NOBODY = "nobody"
UNPACKED = os.path.join(ROOT, "build/tools/postgresql")  # by packaging/install-deps --tests


def found(patterns):
    for pattern in patterns:
        for path in sorted(glob.glob(pattern), reverse=True):
            if os.access(path, os.X_OK):
                return path
    return None


class Service:
    """A process with a scratch folder that it owns, without root's privileges."""

    def __init__(self, case, package):
        self.package = package
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix="noci-e2e-service-")
        case.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.account = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam(NOBODY)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            self.account = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": ()}
        self.process = None
        case.addCleanup(self.stop)

    def give_up(self, what, output=""):
        print(f"{self.package}: {what}\n{output[-3000:]}", flush=True)
        raise unittest.SkipTest(f"skipped: needs {self.package} that runs here ({what})")

    def run(self, command, text=None):
        try:
            done = subprocess.run(tied(command), input=text or "", cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, check=False, timeout=PATIENCE, **self.account)
        except (OSError, subprocess.TimeoutExpired) as error:
            self.give_up(str(error))
        if done.returncode:
            self.give_up(f"{os.path.basename(command[0])} ended with {done.returncode}", done.stdout)

    def can_run(self, program):
        """Whether its account may: a checkout in root's home is nobody's business."""
        try:
            return subprocess.run(tied([program, "--version"]), cwd="/", capture_output=True, check=False, timeout=PATIENCE,
                                  **self.account).returncode == 0
        except OSError:
            return False

    def start(self, command, is_up, end_by=signal.SIGTERM):
        """`is_up()`: it takes requests. Ended by `end_by` with whatever it has started itself."""
        self.end_by = end_by
        self.output = os.path.join(self.folder, "output")
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(tied(command), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            start_new_session=True, **self.account)
        try:
            wait_for(f"{self.package} answers", lambda: self.process.poll() is not None or is_up())
        except AssertionError as error:
            self.give_up(str(error), self.said())
        if self.process.poll() is not None:
            self.give_up(f"ended with {self.process.returncode}", self.said())
        return self

    def said(self):
        with open(self.output, errors="replace") as file:
            return file.read()

    def stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(self.end_by)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # itself, or what is left of what it started
        except ProcessLookupError:
            pass
        self.process.wait()


def postgresql_programs(service):
    """Folder of initdb and postgres: of the package, or unpacked by packaging/install-deps --tests."""
    within = "usr/lib/postgresql/*/bin/initdb"
    path = found([os.path.join("/", within), os.path.join(UNPACKED, within)])
    if path is None:
        raise unittest.SkipTest("skipped: needs postgresql")
    if not service.can_run(path):
        # The programs find what they need from where they stand.
        copy = os.path.join(service.folder, "programs")
        shutil.copytree(UNPACKED, copy, symlinks=True, ignore=shutil.ignore_patterns("bitcode", "locale", "doc", "man"))
        path = found([os.path.join(copy, within)])
    return os.path.dirname(path)


def postgresql(case):
    service = Service(case, "postgresql")
    programs = postgresql_programs(service)
    server = os.path.join(programs, "postgres")
    data = os.path.join(service.folder, "data")
    # Synapse wants UTF-8 and the locale C.
    service.run([os.path.join(programs, "initdb"), "-D", data, "-U", "synapse", "-A", "trust", "-E", "UTF8", "--locale=C",
                 "--no-sync"])
    # One session creates the database before the server takes any.
    service.run([server, "--single", "-D", data, "postgres"], "CREATE DATABASE synapse\n")

    def is_up():
        # It listens before it takes sessions; the eighth line of this file says which (pg_ctl asks it, too).
        try:
            with open(os.path.join(data, "postmaster.pid")) as file:
                return file.read().split("\n")[7:8] == ["ready   "]
        except FileNotFoundError:
            return False

    # Ended by SIGINT, it does not wait for sessions to end.
    return service.start([server, "-D", data, "-p", str(service.port), "-h", "127.0.0.1", "-k", "",
                          "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"], is_up, signal.SIGINT)


def redis(case):
    service = Service(case, "redis-tools")
    # redis-tools has the server, too: it is the same program as redis-check-rdb, by another name.
    path = found(["/usr/bin/redis-server", "/usr/bin/redis-check-rdb"])
    if path is None:
        raise unittest.SkipTest("skipped: needs redis-tools")
    program = os.path.join(service.folder, "redis-server")
    os.symlink(path, program)

    def is_up():
        try:
            with socket.create_connection(("127.0.0.1", service.port), 5) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(100).startswith(b"+PONG")
        except OSError:
            return False

    return service.start([program, "--port", str(service.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], is_up)
