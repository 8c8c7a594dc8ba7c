"""A real, current Synapse with an attacker among ordinary accounts. `noci report` must say what the
clients received, from the text log and from the JSON log; `noci run` must name the attacker and nobody
else. Synapse comes from PyPI into build/e2e-synapse."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import Case, Daemon, json_lines, main, noci, wait_for  # noqa: E402
from inbox import Inbox  # noqa: E402
from synapse.client import Client  # noqa: E402
from synapse.server import Homeserver  # noqa: E402

ROOMS = 30
MESSAGES = 8
FILES = 3


class RealSynapse(Case):
    def setUp(self):
        super().setUp()
        self.server = Homeserver(self).start()

    def client(self, name, address):
        client = Client(self.server, name, address)
        self.addCleanup(client.connection.close)
        return client.register()

    def furnish(self):
        """Public rooms with messages and files, by an account that owns them all."""
        owner = self.client("owner", "192.0.2.10")
        for number in range(ROOMS):
            room = owner.create_room(f"room {number}")
            for text in range(MESSAGES):
                owner.send(room, {"msgtype": "m.text", "body": f"message {text} of room {number}: " + "word " * (text + 3)})
            for file in range(FILES):
                uri = owner.upload(bytes([number, file]) * (2000 + 500 * file))
                owner.send(room, {"msgtype": "m.file", "body": "file.bin", "url": uri})
        return owner

    def behave(self, client, rooms):
        """An ordinary evening."""
        since = client.sync()
        for room in rooms:
            client.join(room)
            for uri in client.page_through(room, 20, pages=1)[:1]:
                client.download(uri)
            client.send(room, {"msgtype": "m.text", "body": "hello"})
            since = client.sync(since)

    def attack(self, client):
        for room in client.public_rooms():
            client.join(room)
            for uri in client.page_through(room, 100):
                client.download(uri)

    def source(self, log):
        return {"name": os.path.basename(log), "paths": [log], "timezone": "UTC", "start_at": "beginning"}

    def test_reports_agree_with_the_clients_and_alerts_name_the_attacker(self):
        logs = (self.server.text_log, self.server.json_log)
        inboxes = [Inbox(self) for _ in logs]
        daemons = [Daemon(self, [self.source(log)], [inbox.webhook()]).start() for log, inbox in zip(logs, inboxes)]

        owner = self.furnish()
        ordinary = [self.client(f"user{number}", f"192.0.2.{20 + number}") for number in range(3)]
        rooms = owner.public_rooms()
        for number, client in enumerate(ordinary):
            self.behave(client, rooms[3 * number:3 * number + 3])
        attacker = self.client("attacker", "198.51.100.66")
        self.attack(attacker)

        for daemon, inbox in zip(daemons, inboxes):
            alerts = inbox.wait_for(1)
            wait_for("the whole log is read", lambda: daemon.metric("noci_events_total", action="media_download")
                     >= attacker.media[0] + sum(client.media[0] for client in ordinary))
            wait_for("everything is delivered", lambda: daemon.metric("noci_outbox_pending") == 0)
            self.assertEqual(daemon.stop(), 0, daemon.log())
            alerts = inbox.taken()
            keys = {alert["data"]["entity"]["key"] for alert in alerts}
            self.assertIn(attacker.user, keys)
            self.assertLessEqual(keys, {attacker.user, "198.51.100.66"})
            self.assertTrue(all(inbox.is_signed(request) for request in inbox.requests))

        self.server.stop()
        for log in logs:
            with self.subTest(log=os.path.basename(log)):
                self.check_report(log, [owner, *ordinary, attacker])

    def check_report(self, log, clients):
        done = noci("report", "--by", "user.id", "--format", "jsonl", "--timezone", "UTC", log)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        rows = {row["key"]: row for row in json_lines(done.stdout)}
        for client in clients:
            row = rows[client.user]
            with self.subTest(user=client.user, row=row):
                self.assertEqual(row["rooms_joined"], len(client.joined))
                self.assertEqual(row["rooms_read"], len(client.read))
                self.assertEqual([row["media_files"], row["media_bytes"]], client.media)
                self.assertEqual(row["requests"], client.requests)
                self.assertEqual(row["bytes_downloaded"], client.body_bytes)
                self.assertEqual(row["logins"], 1)
                truth = client.messages + client.timeline
                self.assertLessEqual(row["messages_low"], truth)
                self.assertGreaterEqual(row["messages_high"], truth)
                if not client.timeline:
                    # Synapse says how many events /messages gave: no estimate is needed.
                    self.assertEqual(row["messages_fetched"], truth)


if __name__ == "__main__":
    main()
