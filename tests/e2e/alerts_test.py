"""`noci alerts`: what became of each alert, asked of the daemon or read from its database, and an
operator's say: send again under the same id, or give up."""

import json
import os

from harness import Case, Daemon, json_lines, main, noci, wait_for
from inbox import Inbox
from logs import TextLog, join_rule


class Alerts(Case):
    def setUp(self):
        super().setUp()
        self.log = TextLog(self.path("homeserver.log"))
        self.write("rules/joins.yaml", join_rule())
        self.inbox = Inbox(self)

    def daemon(self, *webhooks):
        source = {"name": "synapse", "paths": [self.log.path], "timezone": "UTC"}
        return Daemon(self, [source], webhooks or (self.inbox.webhook(),), rules=self.path("rules"))

    def ask(self, daemon, *arguments, status=0):
        done = noci("alerts", *arguments, "--config", daemon.config)
        self.assertEqual(done.returncode, status, (done.stdout + done.stderr).decode())
        return done

    def listed(self, daemon, *arguments):
        return json_lines(self.ask(daemon, "list", "--format", "jsonl", *arguments).stdout)

    def state(self, daemon, event):
        return self.listed_one(daemon, event)["deliveries"][0]["state"]

    def listed_one(self, daemon, event):
        return json_lines(self.ask(daemon, "show", event, "--format", "jsonl").stdout)[0]

    def dead_alert(self, daemon):
        """The id of an alert that the receiver refused for good."""
        self.inbox.answers = [(400, {})]
        self.log.joins("@many:hs.example", 6)
        wait_for("it is given up", lambda: daemon.metric("noci_outbox_dead") == 1)
        return self.inbox.requests[0].id

    def test_bare_teaches_and_is_a_wrong_command_line(self):
        done = noci("alerts")
        self.assertEqual(done.returncode, 2)
        for word in ("list", "show", "resend", "discard", "test", "--dead"):
            self.assertIn(word, done.stderr.decode())

    def test_a_dead_one_is_listed_shown_and_resent_under_its_id(self):
        daemon = self.daemon().start()
        event = self.dead_alert(daemon)
        line = self.ask(daemon, "list").stdout.decode()
        for word in (event, "high firing", "test dead", "@many:hs.example"):
            self.assertIn(word, line)
        self.assertEqual([alert["event_id"] for alert in self.listed(daemon, "--state", "dead")], [event])
        for none in (("--state", "pending"), ("--webhook", "other"), ("--level", "low"), ("--since", "2099-01-01")):
            self.assertEqual(self.listed(daemon, *none), [])
        shown = self.listed_one(daemon, event)
        self.assertEqual(shown["payload"], self.inbox.requests[0].payload)
        self.assertEqual(shown["deliveries"][0]["why"], "HTTP 400")
        text = self.ask(daemon, "show", event).stdout.decode()
        self.assertIn("last: HTTP 400", text)
        self.assertEqual(json.loads(text.splitlines()[-1]), self.inbox.requests[0].payload)

        self.assertIn("deliveries put back: 1 of 1 events", self.ask(daemon, "resend", event).stdout.decode())
        self.inbox.wait_for(1)
        self.assertEqual([request.id for request in self.inbox.requests], [event] * 2)
        self.assertEqual(self.inbox.requests[1].body, self.inbox.requests[0].body)
        wait_for("it is delivered", lambda: self.state(daemon, event) == "delivered")
        self.ask(daemon, "resend", event)  # once more: the receiver lost it, say
        wait_for("it came again", lambda: len(self.inbox.requests) == 3)
        self.assertEqual(len(self.inbox.taken()), 1)  # who tells events by their id has one

    def test_a_pending_one_says_when_it_is_tried_next_and_can_be_tried_now_or_given_up(self):
        self.inbox.answers = [(503, {"Retry-After": "3600"})] * 2
        daemon = self.daemon().start()
        self.log.joins("@many:hs.example", 6)
        event = wait_for("an attempt", lambda: self.inbox.requests)[0].id
        wait_for("it failed", lambda: self.listed_one(daemon, event)["deliveries"][0]["attempts"] == 1)
        delivery = self.listed_one(daemon, event)["deliveries"][0]
        self.assertEqual((delivery["state"], delivery["why"]), ("pending", "HTTP 503"))
        self.assertGreater(delivery["next_try"], delivery["created"])
        self.ask(daemon, "resend", event)
        wait_for("it is tried at once", lambda: len(self.inbox.requests) == 2)
        wait_for("it failed again", lambda: self.listed_one(daemon, event)["deliveries"][0]["attempts"] == 2)
        self.assertEqual(self.ask(daemon, "discard", "--pending", "--webhook", "other").stdout, b"")
        self.ask(daemon, "discard", "--pending", "--webhook", "test")
        dead = self.listed_one(daemon, event)["deliveries"][0]
        self.assertEqual((dead["state"], dead["why"]), ("dead", "discarded by operator"))
        self.ask(daemon, "resend", "--dead")
        self.inbox.wait_for(1)

    def test_without_a_daemon_the_database_is_read_and_changed(self):
        daemon = self.daemon().start()
        event = self.dead_alert(daemon)
        for end in (daemon.stop, daemon.kill):  # after kill -9 a write-ahead log is left
            end()
            before = os.stat(os.path.join(self.state_dir(daemon), "noci.db")).st_mtime_ns
            self.assertEqual(self.state(daemon, event), "dead")
            self.assertIn(event, self.ask(daemon, "list").stdout.decode())
            self.assertEqual(os.stat(os.path.join(self.state_dir(daemon), "noci.db")).st_mtime_ns, before)
            daemon.start()
        daemon.stop()
        self.assertIn("no daemon runs", self.ask(daemon, "resend", "--dead").stdout.decode())
        self.assertEqual(self.state(daemon, event), "pending")
        self.ask(daemon, "discard", event)
        self.ask(daemon, "resend", event)
        daemon.start()
        self.assertEqual(self.inbox.wait_for(1)[0]["data"]["event_id"], event)

    @staticmethod
    def state_dir(daemon):
        return daemon.settings["state"]["dir"]

    def test_exit_codes(self):
        daemon = self.daemon()
        self.assertIn(b"noci.db", self.ask(daemon, "list", status=3).stderr)  # it never ran
        daemon.start()
        self.assertIn(b"no alert has the id 'nothing'", self.ask(daemon, "show", "nothing", status=1).stderr)
        self.assertIn(b"nothing to do", self.ask(daemon, "resend", "nothing", status=1).stderr)
        self.ask(daemon, "resend", "--dead")  # none is: that is well
        for wrong in (("resend",), ("discard",), ("resend", "x", "--dead"), ("show",), ("list", "--state", "lost"),
                      ("list", "--most", "0"), ("list", "--since", "yesterday")):
            self.ask(daemon, *wrong, status=2)
        # A daemon that cannot be asked still holds its database.
        daemon.settings["control"]["socket"] = self.path("elsewhere.sock")
        daemon.write_settings()
        self.assertIn(b"is noci running already?", self.ask(daemon, "list", status=3).stderr)
        self.assertIn(b"is noci running already?", self.ask(daemon, "discard", "--pending", status=3).stderr)

    def test_status_knows_the_last_alert_after_a_restart(self):
        daemon = self.daemon().start()
        self.log.joins("@many:hs.example", 6)
        self.inbox.wait_for(1)

        def last_alert():
            return json.loads(noci("status", "--format", "json", "--config", daemon.config).stdout)["last_alert"]

        said = last_alert()
        self.assertIn("firing high: @many:hs.example", said)
        daemon.stop()
        daemon.start()
        self.assertEqual(last_alert(), said)


if __name__ == "__main__":
    main()
