"""A disk that is really full: a tmpfs of a few MiB, in a mount namespace of the test's own, with the state
database and the spool on it. Detection goes on in memory and says so; senders wait; once there is room,
all is caught up with: nothing is lost, nothing comes twice."""

import os
import subprocess
import sys
import tempfile
import threading

import senders
from faults import DiskCase
from harness import PATIENCE, free_port, main, wait_for
from intake_test import Intake, Numbers, recent_lines

MIB = 1 << 20
ALONE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
IS_ALONE = "NOCI_TEST_IS_ALONE"


def can_mount():
    """Whether this user may have a mount namespace and mount there."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return subprocess.run([*ALONE, "mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False).returncode == 0
        except OSError:
            return False


class SmallDisk:
    """A tmpfs of 8 MiB at `disk`, with the daemon's state on it."""

    def mount(self):
        if IS_ALONE not in os.environ:
            self.skipTest("skipped: needs root, or unshare, to mount a file system")
        self.disk = self.path("disk")
        os.mkdir(self.disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", self.disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=True)

    def on_disk(self, daemon):
        daemon.settings["state"]["dir"] = os.path.join(self.disk, "state")
        daemon.write_settings()
        return daemon

    def breaks(self):
        with open(os.path.join(self.disk, "others"), "ab", buffering=0) as file:
            for size in (MIB, 4096, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    pass
        self.assertEqual(os.statvfs(self.disk).f_bavail, 0)

    def heals(self):
        os.unlink(os.path.join(self.disk, "others"))


class State(SmallDisk, DiskCase):
    def setUp(self):
        super().setUp()
        self.mount()
        self.on_disk(self.daemon)

    def test_the_database_cannot_grow(self):
        self.goes_on_without_its_disk("full")

    def test_killed_and_started_on_a_full_disk(self):
        self.start()
        self.log.joins("@before:hs.example", 6)
        self.inbox.wait_for(1)
        self.breaks()
        self.log.joins("@meanwhile:hs.example", 6)
        wait_for("it is counted", lambda: self.known("@meanwhile:hs.example") == 6)
        self.daemon.kill()
        self.daemon.start(wait=False)
        wait_for("it ends or is ready", lambda: self.daemon.process.poll() is not None or self.daemon.get("/readyz")[0] == 200)
        if self.daemon.process.poll() is not None:
            self.assertEqual(self.daemon.process.returncode, 3)
            self.assertRegex(self.daemon.log().splitlines()[-1], r"event=cannot_start why=.*noci\.db.*")
        self.heals()
        if self.daemon.process.poll() is not None:
            self.daemon.start()
        self.log.joins("@after:hs.example", 6)
        wait_for("all alerts", lambda: self.alerted() == [f"@{when}:hs.example" for when in ("before", "meanwhile", "after")])


class Spool(SmallDisk, Intake):
    def test_senders_wait_and_nothing_of_theirs_is_lost(self):
        self.mount()
        port = free_port()
        daemon = self.on_disk(self.daemon({"type": "tcp", "listen": f"127.0.0.1:{port}"}))
        daemon.start()
        lines = recent_lines()
        half = len(lines) // 2
        with senders.connect(port) as connection:
            connection.sendall(b"".join(lines[:half]))
            self.settled(daemon, half)
            self.breaks()
            sender = threading.Thread(target=connection.sendall, args=(b"".join(lines[half:]),), daemon=True)
            sender.start()
            wait_for("it is counted", lambda: daemon.metric("noci_intake_spool_errors_total") > 0)
            wait_for("it is said", lambda: "senders wait" in daemon.log())
            self.assertEqual(daemon.get("/healthz")[0], 200)
            self.heals()
            sender.join(PATIENCE)
            self.assertFalse(sender.is_alive())
        got = self.settled(daemon, len(lines))
        self.assertEqual(self.spooled(daemon, "main"), b"".join(lines))
        oracle = self.as_a_file(b"".join(lines))
        self.assert_same(got, oracle)
        wait_for("it is well", lambda: daemon.ask(ask="status")["commit_error"] == "")
        daemon.kill()
        daemon.start()
        self.assert_same_windows(Numbers(daemon), oracle)


if __name__ == "__main__":
    if IS_ALONE not in os.environ and can_mount():
        os.execvpe(ALONE[0], [*ALONE, sys.executable, "-B", *sys.argv], {**os.environ, IS_ALONE: "1"})
    main()
