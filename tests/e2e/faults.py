"""Disks that fail under the real binary. fault(): settings for tests/support/fault_shim.cpp, which
NOCI_FAULT_SHIM names (ctest sets it): disk calls that fail, or at which it dies. DiskCase: what a daemon
must do whose disk cannot be written for a while, however that comes about."""

import errno
import os

from harness import Case, Daemon, wait_for
from inbox import Inbox
from logs import TextLog, join_rule

SHIM = os.environ.get("NOCI_FAULT_SHIM", "")


def fault(do, calls, path, nth=1, error=errno.EIO, only_while=""):
    """Environment for a Daemon: from the nth of these calls on files whose path holds `path`."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return {
        "LD_PRELOAD": SHIM,
        # The sanitizer wants to be the first library, but works behind another.
        "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0",
        "NOCI_FAULT_DO": do, "NOCI_FAULT_CALLS": calls, "NOCI_FAULT_PATH": path, "NOCI_FAULT_NTH": str(nth),
        "NOCI_FAULT_ERRNO": str(error), "NOCI_FAULT_WHILE": only_while,
    }


class DiskCase(Case):
    """A daemon on a text log, with one rule and one webhook; breaks() and heals() its disk are the heirs'."""

    def setUp(self):
        super().setUp()
        self.log = TextLog(self.path("homeserver.log"))
        self.write("rules/joins.yaml", join_rule())
        self.inbox = Inbox(self)
        source = {"name": "synapse", "paths": [self.log.path], "timezone": "UTC", "format": "text", "start_at": "beginning"}
        self.daemon = Daemon(self, [source], [self.inbox.webhook()], rules=self.path("rules"))

    def start(self):
        self.daemon.start()
        wait_for("the first commit", lambda: self.daemon.metric("noci_commits_total") > 0)

    def known(self, user):
        rules = self.daemon.ask(ask="why", key=user)["rules"]
        return rules[0]["limits"][0]["value"] if rules else 0

    def alerted(self):
        return [payload["data"]["entity"]["key"] for payload in self.inbox.taken() if payload["type"] == "alert.firing"]

    def goes_on_without_its_disk(self, words):
        self.start()
        self.log.joins("@before:hs.example", 6)
        self.inbox.wait_for(1)
        # One that the receiver took but nobody could note as taken would come again.
        wait_for("it is off the outbox", lambda: self.daemon.metric("noci_outbox_pending") == 0)
        self.breaks()
        self.log.joins("@meanwhile:hs.example", 6)
        self.log.joins("@quiet:hs.example", 3)
        wait_for("detection goes on", lambda: self.known("@quiet:hs.example") == 3 and self.known("@meanwhile:hs.example") == 6)
        wait_for("it is counted", lambda: self.daemon.metric("noci_commit_failures_total") > 0)
        self.assertIn(words, self.daemon.ask(ask="status")["commit_error"])
        self.assertIn("event=commit_failed", self.daemon.log())
        self.assertIn("@meanwhile:hs.example", self.daemon.log(), "the log has what the outbox cannot take")
        self.assertEqual(self.daemon.get("/healthz")[0], 200)
        self.heals()
        wait_for("the alert of the meantime", lambda: self.alerted() == ["@before:hs.example", "@meanwhile:hs.example"])
        wait_for("it is well", lambda: self.daemon.ask(ask="status")["commit_error"] == "")
        self.daemon.kill()
        self.daemon.start()
        wait_for("what was counted meanwhile, kept or read again", lambda: self.known("@quiet:hs.example") == 3)
        self.log.joins("@quiet:hs.example", 3, first=3)
        wait_for("and counts", lambda: self.alerted()[2:] == ["@quiet:hs.example"])
        self.assertEqual(self.daemon.stop(), 0, self.daemon.log())
        self.assertEqual(len(self.inbox.requests), 3, "nothing came twice")
