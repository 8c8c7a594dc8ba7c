"""The simulator's truth against `noci report` of its log: two programs that share no code count the same
theft. And the same seed writes the same bytes, whoever steals beside."""

import collections
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import judge
import play

SMALL = ["--accounts", "40", "--days", "5", "--seed", "11"]


def log_of(*arguments):
    return subprocess.run([play.SIM, *SMALL, *arguments], check=True, capture_output=True).stdout


class Truth(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def play(self, shape, by):
        """(the truth, the report's rows by key) of a small theft."""
        truth, log = (os.path.join(self.folder.name, name) for name in ("truth", "log"))
        with open(log, "wb") as file:
            file.write(log_of("--shape", shape, "--scale", "0.05", "--truth", truth))
        done = subprocess.run([play.NOCI, "report", "--by", by, "--format", "jsonl", "--timezone", "UTC", log],
                              check=True, capture_output=True, text=True)
        return judge.Truth(truth), {row["key"]: row for row in map(json.loads, done.stdout.splitlines())}

    def compare(self, truth, rows, key, columns):
        for kind, column in columns.items():
            # The account's owner goes on working beside the thief.
            self.assertGreaterEqual(rows[key][column], truth.total[kind], kind)
            self.assertLess(rows[key][column], truth.total[kind] * 1.02 + 2000, kind)

    def test_an_account(self):
        truth, rows = self.play("two_hours", "user.id")
        columns = {"messages": "messages_fetched", "files": "media_files"}
        self.compare(truth, rows, *truth.accounts, columns)
        joined = sum(step["step"] == "join" for step in truth.steps)
        self.assertGreaterEqual(rows[next(iter(truth.accounts))]["rooms_joined"], joined)

    def test_an_address(self):
        truth, rows = self.play("open_media", "source.ip")
        self.compare(truth, rows, *truth.addresses, {"files": "media_files", "bytes": "media_bytes"})

    def test_another_server(self):
        truth, rows = self.play("federation", "server.name")
        row = rows[next(iter(truth.servers))]
        self.assertEqual(row["media_files"], truth.total["files"])

    def test_a_theft_changes_nobody_elses_day(self):
        quiet = log_of()
        self.assertEqual(quiet, log_of())
        with_theft = log_of("--shape", "two_hours", "--truth", os.path.join(self.folder.name, "t"))
        # Request numbers are the server's, counted over all.
        users = [collections.Counter(line.split(b" - ", 5)[-1] for line in log.splitlines()) for log in (quiet, with_theft)]
        self.assertEqual(users[0] - users[1], collections.Counter())


if __name__ == "__main__":
    play.build()
    unittest.main()
