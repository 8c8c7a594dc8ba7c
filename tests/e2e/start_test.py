"""Starts that meet a world that is not ready yet: what can come later is waited for, and what makes a start
senseless is one clear sentence and exit code 3."""

import os
import socket

from harness import PATIENCE, Case, Daemon, main, wait_for
from inbox import Inbox
from logs import TextLog, join_rule


class Start(Case):
    def setUp(self):
        super().setUp()
        self.write("rules/joins.yaml", join_rule())
        self.inbox = Inbox(self)

    def daemon(self, *webhooks, path="homeserver.log", **extra):
        source = {"name": "synapse", "paths": [self.path(path)], "timezone": "UTC"}
        return Daemon(self, [source], webhooks or (self.inbox.webhook(),), rules=self.path("rules"), extra=extra)

    def refused(self, daemon, *words):
        daemon.start(wait=False)
        self.assertEqual(daemon.process.wait(PATIENCE), 3, daemon.log())
        last = daemon.log().splitlines()[-1]
        for word in ("event=cannot_start", *words):
            self.assertIn(word, last)

    def test_a_folder_of_logs_that_is_not_there_yet(self):
        daemon = self.daemon(path="later/logs/homeserver.log").start()
        wait_for("it is said", lambda: daemon.metric("noci_source_faults") == 1)
        self.assertIn("does not exist yet; waiting for it", daemon.log())
        os.makedirs(self.path("later/logs"))
        TextLog(self.path("later/logs/homeserver.log")).joins("@early:hs.example", 6)
        self.inbox.wait_for(1)

    def test_a_receiver_that_is_not_there_yet(self):
        away = {"name": "away", "url": "http://127.0.0.1:9/hook"}
        unknown = {"name": "unknown", "url": "https://no.such.host.invalid/hook"}
        daemon = self.daemon(self.inbox.webhook(), away, unknown)
        log = TextLog(self.path("homeserver.log"))
        daemon.start()
        log.joins("@a:hs.example", 6)
        self.inbox.wait_for(1)
        for name in ("away", "unknown"):
            wait_for(name, lambda: daemon.metric("noci_deliveries_total", webhook=name, result="failed") > 0)
        self.assertEqual(daemon.metric("noci_outbox_pending"), 2)

    def test_a_busy_port(self):
        daemon = self.daemon()
        with socket.socket() as busy:
            busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            busy.bind(("127.0.0.1", daemon.port))
            busy.listen()
            self.refused(daemon, f"127.0.0.1:{daemon.port}", "already in use", "choose another port")

    def test_a_state_folder_that_cannot_be_made(self):
        self.write("file", "in the way")
        self.refused(self.daemon(state={"dir": self.path("file/state")}), self.path("file/state"))

    def test_a_second_daemon_on_the_same_state(self):
        first = self.daemon().start()
        second = self.daemon(state=first.settings["state"])
        self.refused(second, "noci.db", "is noci running already?")


if __name__ == "__main__":
    main()
