"""However the bytes come to the analysis, the alerts are the same: as a finished file (`replay`), as a
file that lies there, as one that grows under the daemon's eyes, and with the daemon ended by SIGTERM
in the middle and started again. Resolutions by idleness are apart: none is due within the capture."""

import time

import capture
from harness import Case, Daemon, json_lines, main, noci, wait_for
from inbox import Inbox


class SameAlerts(Case):
    def setUp(self):
        super().setUp()
        self.raw = b"".join(capture.recent_records())
        self.log = self.path("homeserver.log")
        self.inbox = Inbox(self)
        source = {"name": "homeserver.log", "paths": [self.log], "timezone": "UTC", "start_at": "beginning"}
        self.daemon = Daemon(self, [source], [self.inbox.webhook()])

    def replay(self):
        """What `noci replay` makes of all the bytes: the alerts to be met."""
        finished = self.write("finished/homeserver.log", self.raw)
        done = noci("replay", "--config", self.daemon.config, "--timezone", "UTC", "--format", "jsonl", finished)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        alerts = json_lines(done.stdout)
        self.assertGreater(len(alerts), 0, "the capture's attacker must be seen, or this test shows nothing")
        return alerts

    def append(self, raw):
        with open(self.log, "ab") as file:
            file.write(raw)

    def wait_until_read(self, size):
        wait_for(f"{size} bytes are read", lambda: self.daemon.metric("noci_source_bytes_total") >= size)

    def check(self, expected):
        self.inbox.wait_for(len(expected))
        wait_for("everything is delivered", lambda: self.daemon.metric("noci_outbox_pending") == 0)
        self.assertEqual(self.daemon.stop(), 0, self.daemon.log())
        self.assertEqual(capture.sorted_alerts(self.inbox.taken()), capture.sorted_alerts(expected))
        self.assertTrue(all(self.inbox.is_signed(request) for request in self.inbox.requests))

    def test_a_file_that_lies_there(self):
        expected = self.replay()
        self.append(self.raw)
        self.daemon.start()
        self.check(expected)

    def test_a_file_that_grows_in_uneven_pieces(self):
        expected = self.replay()
        self.append(b"")
        self.daemon.start()
        begin = 0
        for piece in range(1, 200):
            end = begin + 1 + piece * 7919 % 20000
            self.append(self.raw[begin:end])
            begin = end
        self.append(self.raw[begin:])
        self.wait_until_read(len(self.raw))
        self.check(expected)

    def test_ended_and_started_again_in_the_middle_of_the_attack(self):
        expected = self.replay()
        begin = 0
        # The attack runs from 41 % to 77 % of the bytes or so; the cuts fall into lines as they come.
        for share in (0.3, 0.5, 0.6, 0.7):
            end = int(len(self.raw) * share)
            self.append(self.raw[begin:end])
            self.daemon.start()
            # What follows the last line end is no line yet and may stay unread.
            self.wait_until_read(self.raw.rindex(b"\n", begin, end) + 1 - begin)
            self.assertEqual(self.daemon.stop(), 0, self.daemon.log())
            begin = end
        self.append(self.raw[begin:])
        self.daemon.start()
        self.check(expected)
        ids = [request.id for request in self.inbox.requests]
        self.assertEqual(len(set(ids)), len(expected), "no id twice for different news, none lost")

    def test_sigterm_ends_within_seconds(self):
        self.append(self.raw)
        self.daemon.start()
        begun = time.monotonic()
        self.assertEqual(self.daemon.stop(), 0, self.daemon.log())
        self.assertLess(time.monotonic() - begun, 15)


if __name__ == "__main__":
    main()
