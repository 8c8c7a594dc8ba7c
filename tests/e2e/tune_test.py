"""`noci tune` over the genuine capture: its peaks against what the clients wrote down, and the limits that
it proposes in force."""

import collections
import os

import capture
from harness import RULES, Case, json_lines, main, noci

JOINED = "252c94ea-0e0f-4594-9169-b5b7552fedc3"

THREE_ROOMS = b"""title: Four rooms
id: aaaaaaaa-0000-4000-8000-000000000001
status: test
level: medium
description: More than three rooms in a day.
logsource: {product: synapse, service: access}
detection:
  joined: {event.action: room_join, event.outcome: success}
correlation:
  group-by: [user.id]
  limits:
    - {name: rooms_24h, type: value_count, select: joined, field: matrix.room.id, timespan: 24h, condition: {gt: 3}}
"""


def joined():
    """Rooms joined by each account, as its client counted."""
    rooms = collections.defaultdict(set)
    for entry in capture.requests():
        if entry["cls"] == "join" and entry["status"] == 200:
            rooms[entry["user"]].add(entry["room"])
    return {user: len(names) for user, names in rooms.items()}


class Tune(Case):
    def tune(self, *arguments):
        done = noci("tune", "--rules", RULES, "--timezone", "UTC", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    def test_peaks_are_what_the_clients_did(self):
        rows = json_lines(self.tune("--format", "jsonl", "--history", capture.JSON).encode())
        row = next(row for row in rows if row["rule"] == JOINED and row["limit"] == "rooms_24h")
        most = max(joined().values())
        self.assertEqual(row["max"], most)
        self.assertEqual(row["keys"], len(joined()))
        self.assertGreater(most, row["today"], "the attacker goes over it, or this test shows nothing")
        self.assertEqual([over["key"] for over in row["over"]], ["@kestrel:hs.example"])

    def test_text_names_who_went_over(self):
        said = self.tune("--history", capture.TEXT)
        self.assertRegex(said, r"(?m)^One account joins many rooms \(by user\.id\): 1 episodes")
        self.assertRegex(said, r"(?m)^  rooms_24h +\d+ .* 30 ")
        self.assertIn("over: @kestrel:hs.example (42)", said)

    def test_the_proposed_limits_hold_once_they_are_in_force(self):
        limits = self.path("limits.yaml")
        self.tune("--target", "0/day", "--write", limits, "--history", capture.JSON)
        with open(limits) as file:
            self.assertIn(JOINED, file.read())
        config = self.write("noci.yaml", f"rules: {{dir: {RULES}, limits: {limits}}}\n".encode())
        without = self.write("plain.yaml", f"rules: {{dir: {RULES}, limits: {self.path('none.yaml')}}}\n".encode())
        fired = {}
        for path, more in ((config, []), (without, []), ("option", ["--rules", RULES, "--limits", limits])):
            done = noci("replay", *(more or ["--config", path]), "--format", "jsonl", "--timezone", "UTC", capture.JSON)
            self.assertEqual(done.returncode, 0, done.stderr.decode())
            fired[path] = {alert["data"]["rule"]["id"] for alert in json_lines(done.stdout)}
        self.assertIn(JOINED, fired[without])
        self.assertNotIn(JOINED, fired[config])
        self.assertEqual(fired["option"], fired[config])

    def test_own_numbers_that_stay_are_written_again(self):
        before = self.write("before.yaml", f"{JOINED}: {{rooms_24h: 45}}\n".encode())
        after = self.path("after.yaml")
        self.tune("--limits", before, "--target", "1000/day", "--write", after, "--history", capture.JSON)
        with open(after) as file:
            self.assertRegex(file.read(), rf"(?m)^{JOINED}:.*\n  rooms_24h: 45  # as it was$")

    def test_thefts_laid_over_the_own_traffic(self):
        """A limit of three rooms is broken by the fourth: at this pace after so long, by an account that is in the log."""
        rules = self.path("rules")
        os.mkdir(rules)
        self.write("rules/joined.yaml", THREE_ROOMS)
        done = noci("tune", "--rules", rules, "--timezone", "UTC", "--format", "jsonl", "--target", "0/day", "--history", capture.JSON)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        thefts = {(row["theft"], row["limits"]): row for row in json_lines(done.stdout) if "theft" in row}
        users = {entry["user"] for entry in capture.requests()}
        for name in ("two hours", "one day", "a fortnight, from the owner's desk"):
            found = thefts[name, "today"]
            self.assertIn(found["account"], users)
            # Who has joined some before is over it sooner.
            self.assertLessEqual(found["taken"]["rooms"], 4)
            self.assertLessEqual(found["after_seconds"], 3 * found["takes_seconds"] // found["total"]["rooms"] + 1)
            # Raised to five times that at the most.
            self.assertLessEqual(thefts[name, "proposed"]["taken"]["rooms"], 16)
        for name in ("files without a token, six hours", "the directory, one day"):
            self.assertFalse(thefts[name, "today"]["found"])

    def test_standard_input_is_not_read_twice(self):
        with open(capture.JSON, "rb") as log:
            done = noci("tune", "--rules", RULES, "--timezone", "UTC", "--history", "-", stdin=log.read())
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertIn(b"cannot be read twice", done.stderr)
        self.assertNotIn(b"thefts", done.stdout)

    def test_limits_that_do_not_exist(self):
        done = noci("tune", "--rules", RULES, "--limits", self.path("none.yaml"), "--history", capture.JSON)
        self.assertEqual(done.returncode, 2)

    def test_logs_without_anything(self):
        empty = self.write("empty.log", b"")
        done = noci("tune", "--rules", RULES, "--history", empty)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"nothing in these logs counts", done.stderr)

    def test_a_file_that_cannot_be_written(self):
        done = noci("tune", "--rules", RULES, "--timezone", "UTC", "--history", capture.JSON, "--write",
                    os.path.join(self.path("nowhere"), "limits.yaml"))
        self.assertEqual(done.returncode, 3)


if __name__ == "__main__":
    main()
