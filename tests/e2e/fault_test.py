"""Disks that fail in mid-flight. Detection goes on in memory and says so; what could not be written is
written once the disk can again; nothing is lost, nothing comes twice. One call that fails, whichever it is,
leaves no trace."""

import errno
import os

from faults import SHIM, DiskCase, fault
from harness import main, wait_for

STATE = "write,sync,truncate,remove"
# What fails once in a life that began well: which calls, on which file, the how manieth.
ONCE = (("sync", "noci.db", 1), ("write", "noci.db", 1), ("write", "noci.db", 3), ("write", "noci.db", 9),
        ("sync", "noci.db", 2), ("read", "homeserver.log", 1), ("send", "socket:", 1))
# And at a start.
AT_START = (("open", "noci.db", 1), ("read", "noci.db", 2), ("write", "noci.db", 2), ("sync", "noci.db", 1))


class Faults(DiskCase):
    def setUp(self):
        if not SHIM:
            self.skipTest("NOCI_FAULT_SHIM names no library")
        super().setUp()
        self.broken = self.path("broken")

    def always(self, calls, path, error):
        """Such calls fail for as long as it is broken."""
        self.daemon.environment = fault("always", calls, path, error=error, only_while=self.broken)

    def breaks(self):
        self.write("broken", "")

    def heals(self):
        os.unlink(self.broken)

    def test_a_full_disk(self):
        self.always(STATE, "noci.db", errno.ENOSPC)
        self.goes_on_without_its_disk("full")

    def test_a_file_system_that_turns_read_only(self):
        self.always(STATE, "noci.db", errno.EROFS)
        self.goes_on_without_its_disk("noci.db")

    def test_killed_while_the_disk_is_full_nothing_is_lost(self):
        self.always(STATE, "noci.db", errno.ENOSPC)
        self.start()
        self.log.joins("@before:hs.example", 6)
        self.inbox.wait_for(1)
        self.breaks()
        self.log.joins("@meanwhile:hs.example", 6)
        wait_for("it is counted", lambda: self.known("@meanwhile:hs.example") == 6)
        self.daemon.kill()
        self.heals()
        self.daemon.start()
        wait_for("the alert of the meantime", lambda: self.alerted() == ["@before:hs.example", "@meanwhile:hs.example"])

    def test_killed_between_an_alert_and_the_state_behind_it(self):
        """The alert has left alone. Reading the log again raises it again, and the outbox knows it."""
        self.daemon.settings["state"]["commit_interval"] = "5m"
        self.daemon.write_settings()
        self.start()
        self.log.joins("@before:hs.example", 6)
        self.inbox.wait_for(1)
        self.daemon.kill()
        self.daemon.start()
        wait_for("it is counted again", lambda: self.known("@before:hs.example") == 6)
        self.log.joins("@after:hs.example", 6)
        wait_for("the next alert", lambda: self.alerted() == ["@before:hs.example", "@after:hs.example"])
        self.assertEqual(self.daemon.stop(), 0, self.daemon.log())
        self.assertEqual(len(self.inbox.requests), 2, "nothing came twice")
        said = [line for line in self.daemon.log().splitlines() if "event=alert " in line]
        self.assertEqual(["@before" in said[0], "@after" in said[1], len(said)], [True, True, 2], said)

    def test_a_log_that_cannot_be_read_for_a_while(self):
        for error in (errno.EIO, errno.EACCES):
            with self.subTest(error=error):
                user = f"@reader{error}:hs.example"
                self.always("read,open", "homeserver.log", error)
                self.start()
                before = self.daemon.metric("noci_source_read_errors_total")
                self.breaks()
                self.log.joins(user, 6)
                wait_for("it is counted", lambda: self.daemon.metric("noci_source_read_errors_total") > before)
                wait_for("it is said", lambda: self.daemon.metric("noci_source_faults") == 1)
                self.assertIn("event=source_fault", self.daemon.log())
                self.heals()
                wait_for("its alert", lambda: user in self.alerted())
                wait_for("it is well", lambda: self.daemon.metric("noci_source_faults") == 0)
                self.assertEqual(self.daemon.metric("noci_source_losses_total"), 0)
                self.daemon.kill()

    def test_a_stuck_analysis_is_noticed_and_goes_on(self):
        self.daemon.settings["webhooks"][0]["heartbeat"] = "100ms"
        self.daemon.write_settings()
        self.daemon.environment = fault("hang", "read", "homeserver.log", only_while=self.broken)
        self.daemon.start()
        wait_for("its heart beats", lambda: any(request.payload["type"] == "system.heartbeat" for request in self.inbox.requests))
        self.breaks()
        self.log.joins("@waits:hs.example", 6)
        wait_for("it is noticed", lambda: self.daemon.get("/healthz")[0] == 503)
        wait_for("it is said", lambda: "event=analysis_stuck" in self.daemon.log())
        self.assertGreater(self.daemon.metric("noci_analysis_age_seconds"), 10)
        self.heals()
        wait_for("it goes on", lambda: "@waits:hs.example" in self.alerted())
        wait_for("it is well", lambda: self.daemon.get("/healthz")[0] == 200)

    def test_any_one_call_may_fail(self):
        users = []
        for number, (calls, path, nth) in enumerate(ONCE):
            user = f"@user{number}:hs.example"
            users.append(user)
            self.daemon.environment = fault("once", calls, path, nth, only_while=self.broken)
            self.daemon.start()
            wait_for("the first commit", lambda: self.daemon.metric("noci_commits_total") > 0)
            self.breaks()
            self.log.joins(user, 4)
            self.log.joins(user, 4, first=4)
            wait_for(f"{calls} {path} {nth}: the alert", lambda: user in self.alerted())
            wait_for("all is counted", lambda: self.known(user) == 8)
            if number % 2:
                self.daemon.kill()
            else:
                self.assertEqual(self.daemon.stop(), 0, self.daemon.log())
            self.heals()
        self.assertEqual(self.alerted(), users)

    def test_a_fault_at_the_start_is_survived_or_said(self):
        self.daemon.start()
        self.log.joins("@first:hs.example", 6)
        self.inbox.wait_for(1)
        self.daemon.kill()
        for calls, path, nth in AT_START:
            self.daemon.environment = fault("once", calls, path, nth)
            self.daemon.start(wait=False)
            wait_for("it ends or is ready", lambda: self.daemon.process.poll() is not None or self.daemon.get("/readyz")[0] == 200)
            if self.daemon.process.poll() is not None:
                self.assertEqual(self.daemon.process.returncode, 3, (calls, path, nth))
                self.assertRegex(self.daemon.log().splitlines()[-1], r"event=cannot_start why=.*noci\.db.*")
            self.daemon.kill()
        self.daemon.environment = {}
        self.daemon.start()
        self.log.joins("@second:hs.example", 6)
        wait_for("both alerts", lambda: self.alerted() == ["@first:hs.example", "@second:hs.example"])


if __name__ == "__main__":
    main()
