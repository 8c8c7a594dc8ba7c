"""Where addresses are: rules over the country, and a database that is missing or damaged."""

import signal

import mmdb
from harness import Case, Daemon, json_lines, main, noci, wait_for
from inbox import Inbox
from logs import TextLog, join_rule

FROM_ABROAD = """title: Joins from abroad
id: 11111111-2222-4333-8444-666666666666
level: high
detection:
  join: {event.action: room_join, source.geo.country: [XB, XC]}
correlation:
  group-by: [source.geo.country]
  limits:
    - {name: joins, type: event_count, select: join, timespan: 1h, condition: {gt: 0}}
tests:
  - name: abroad
    events: [{at: '2026-06-07T02:00:00Z', event.action: room_join, source.geo.country: XB}]
    expect: [{limit: joins, key: XB}]
  - name: at home
    events: [{at: '2026-06-07T02:00:00Z', event.action: room_join, source.geo.country: XA}]
    expect: []
"""


class Geo(Case):
    def setUp(self):
        super().setUp()
        self.log = TextLog(self.path("homeserver.log"))
        self.write("rules/abroad.yaml", FROM_ABROAD)
        self.database = self.path("geo.mmdb")
        mmdb.replace(self.database, mmdb.database({"192.0.2.0/24": "XA", "198.51.100.0/24": "XB"}))
        self.inbox = Inbox(self)
        source = {"name": "synapse", "paths": [self.log.path], "timezone": "UTC"}
        self.daemon = Daemon(self, [source], [self.inbox.webhook()], rules=self.path("rules"),
                             extra={"geo": {"databases": [self.database]}})

    def join(self, address):
        self.log.append(self.log.line("@a:hs", "POST", "/_matrix/client/v3/rooms/!r:hs/join", address=address))

    def test_check_names_the_database_or_what_is_wrong_with_it(self):
        checked = noci("check", "--config", self.daemon.config)
        self.assertIn(b"geo database Test-Country, built 2026-05-28", checked.stdout)
        mmdb.replace(self.database, b"no database")
        for command in (["check"], ["replay", self.log.path]):
            refused = noci(*command, "--config", self.daemon.config)
            self.assertEqual(refused.returncode, 1)
            self.assertIn(b"cannot open the geo database " + self.database.encode(), refused.stdout + refused.stderr)

    def test_replay_knows_countries(self):
        self.join("198.51.100.7")
        self.join("192.0.2.7")
        played = noci("replay", "--config", self.daemon.config, "--format", "jsonl", self.log.path)
        keys = [alert["data"]["entity"]["key"] for alert in json_lines(played.stdout)]
        self.assertEqual(keys, ["XB"])

    def test_a_reload_takes_a_new_database_and_refuses_a_damaged_one(self):
        self.daemon.start()
        self.join("198.51.100.7")
        self.assertEqual(self.inbox.wait_for(1)[0]["data"]["entity"]["key"], "XB")
        mmdb.replace(self.database, b"no database")
        self.daemon.signal(signal.SIGHUP)
        wait_for("the reload is refused", lambda: self.daemon.metric("noci_reload_failures_total") == 1)
        self.assertIn("cannot open the geo database", self.daemon.log())
        mmdb.replace(self.database, mmdb.database({"203.0.113.0/24": "XC"}))
        self.daemon.signal(signal.SIGHUP)
        wait_for("the reload is done", lambda: self.daemon.metric("noci_config_valid") == 1)
        self.join("203.0.113.7")
        self.assertEqual(self.inbox.wait_for(2)[1]["data"]["entity"]["key"], "XC")


if __name__ == "__main__":
    main()
