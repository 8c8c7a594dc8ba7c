"""What cannot be used of the kept state is set aside and told, and the log is read again as far back as
counts: no alert is lost, and where the installation can still be told by the damaged file, none is new."""

import os
import sqlite3

import capture
from harness import Case, Daemon, main, wait_for
from inbox import Inbox


class Damage(Case):
    def setUp(self):
        super().setUp()
        self.raw = b"".join(capture.recent_records())
        self.log = self.write("homeserver.log", b"")
        self.inbox = Inbox(self)
        # No start_at: a first start reads what is written from now on.
        source = {"name": "homeserver.log", "paths": [self.log], "timezone": "UTC"}
        self.daemon = Daemon(self, [source], [self.inbox.webhook()])
        self.daemon.start()
        with open(self.log, "ab") as file:
            file.write(self.raw)
        self.settle()
        self.assertEqual(self.daemon.stop(), 0, self.daemon.log())
        self.before = self.inbox.taken()
        self.assertGreater(len(self.before), 0, "the capture's attacker must be seen, or this test shows nothing")
        self.ids = {request.id for request in self.inbox.requests}
        self.database = os.path.join(self.daemon.settings["state"]["dir"], "noci.db")

    def settle(self):
        wait_for("all is read", lambda: self.daemon.metric("noci_source_bytes_total") >= len(self.raw))
        wait_for("all is delivered", lambda: self.daemon.metric("noci_outbox_pending") == 0)

    def start_again(self):
        self.daemon.start()
        self.assertEqual(self.daemon.metric("noci_state_lost"), 1, self.daemon.log())
        self.settle()
        self.assertEqual(self.daemon.stop(), 0, self.daemon.log())

    def test_a_damaged_database(self):
        with sqlite3.connect(self.database) as database:
            page_size = database.execute("PRAGMA page_size").fetchone()[0]
            # A page that is in use: what a free one holds is nobody's loss.
            page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'state'").fetchone()[0]
        database.close()
        with open(self.database, "r+b") as file:
            file.seek((page - 1) * page_size)
            file.write(os.urandom(page_size))
        self.start_again()
        self.assertIn("database_set_aside", self.daemon.log())
        self.assertTrue(os.path.exists(self.database + ".damaged"))
        self.assertEqual({request.id for request in self.inbox.requests}, self.ids, "the same news has the same id")

    def test_no_database_at_all(self):
        with open(self.database, "wb") as file:
            file.write(os.urandom(20000))
        first = len(self.inbox.requests)
        self.start_again()
        again = [request.payload for request in self.inbox.requests[first:]]
        self.assertEqual(capture.sorted_alerts(again), capture.sorted_alerts(self.before), "nothing is lost")

    def test_a_state_that_does_not_fit(self):
        with sqlite3.connect(self.database) as database:
            database.execute("UPDATE state SET blob = substr(blob, 1, length(blob) - 1)")
        database.close()
        self.start_again()
        self.assertIn("state_unusable", self.daemon.log())
        self.assertEqual({request.id for request in self.inbox.requests}, self.ids)


if __name__ == "__main__":
    main()
