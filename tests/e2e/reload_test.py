"""SIGHUP reads the rules again: a fault keeps the old ones in force and shows, mended ones apply."""

import signal

from harness import Case, Daemon, main, wait_for
from inbox import Inbox
from logs import TextLog, join_rule


class Reload(Case):
    def setUp(self):
        super().setUp()
        self.log = TextLog(self.path("homeserver.log"))
        self.rule = self.write("rules/joins.yaml", join_rule())
        self.inbox = Inbox(self)
        source = {"name": "synapse", "paths": [self.log.path], "timezone": "UTC"}
        self.daemon = Daemon(self, [source], [self.inbox.webhook()], rules=self.path("rules")).start()

    def reload(self, rule, counter):
        before = self.daemon.metric(counter)
        self.write("rules/joins.yaml", rule)
        self.daemon.signal(signal.SIGHUP)
        wait_for(f"{counter} grows", lambda: self.daemon.metric(counter) > before)

    def alerts_after(self, user):
        count = len(self.inbox.taken())
        self.log.joins(user, 6)
        return [alert for alert in self.inbox.wait_for(count + 1) if alert["data"]["entity"]["key"] == user]

    def test_a_broken_rule_keeps_the_old_ones(self):
        self.reload(join_rule(title="Broken", more="colour: red\n"), "noci_reload_failures_total")
        self.assertEqual(self.daemon.metric("noci_config_valid"), 0)
        self.assertEqual(self.daemon.metric("noci_rules"), 1)
        self.assertIn("colour", self.daemon.log())
        self.assertIn("joins.yaml:", self.daemon.log())
        alerts = self.alerts_after("@under.old.rules:hs.example")
        self.assertEqual([alert["data"]["rule"]["title"] for alert in alerts], ["Rooms joined"])

        self.reload(join_rule(title="Mended"), "noci_reloads_total")
        wait_for("the settings are valid again", lambda: self.daemon.metric("noci_config_valid") == 1)
        alerts = self.alerts_after("@under.new.rules:hs.example")
        self.assertEqual([alert["data"]["rule"]["title"] for alert in alerts], ["Mended"])

    def test_a_changed_limit_keeps_what_is_known(self):
        self.log.joins("@known:hs.example", 4)
        wait_for("the joins are counted", lambda: self.daemon.metric("noci_events_total", action="room_join") == 4)
        self.reload(join_rule(limit=4), "noci_reloads_total")
        self.log.joins("@known:hs.example", 1, first=4)
        alert = self.inbox.wait_for(1)[0]
        self.assertEqual(alert["data"]["limits"][0]["value"], 5)

    def test_a_rule_whose_own_test_fails_is_refused(self):
        self.reload(join_rule().replace("at_event: 6", "at_event: 5"), "noci_reload_failures_total")
        self.assertEqual(self.daemon.metric("noci_config_valid"), 0)


if __name__ == "__main__":
    main()
