"""`noci report` over the genuine capture against what its clients wrote down. The ledger knows each
request of joins, /messages and media; rooms read by other routes come from the JSON log's own keys,
which a client cannot forge. Apart: actors of the `weird` phase (their addresses and accounts) and
aborted transfers, which Synapse itself logs wrong."""

import collections
import ipaddress
import re
import urllib.parse
import json
import os
from unittest import mock

import capture
from harness import ROOT, Case, json_lines, main, noci
from synapse import accuracy, alerts, forgeries
from synapse.forge import ADDRESS
from synapse.ledger import Ledger as Books
from synapse.releases import NEWEST
from synapse.watch import Logs

COLUMNS = ("requests", "rooms_joined", "rooms_read", "messages_fetched", "messages_low", "messages_high",
           "bytes_downloaded", "media_files", "media_bytes", "thumbnails", "profiles_read", "logins", "failures")
# Room named in the URL, events delivered, other than GET /messages of a client: (pattern, the most
# events one answer can hold when `limit` is not given).
OTHER_READING = [
    (re.compile(r"/_matrix/client/[^/]+/rooms/([^/?]+)/context/"), 11),
    (re.compile(r"/_matrix/client/[^/]+/rooms/([^/?]+)/relations/"), 5),
    (re.compile(r"/_matrix/client/[^/]+/rooms/([^/?]+)/threads"), 5),
    (re.compile(r"/_matrix/client/[^/]+/rooms/([^/?]+)/event/"), 1),
    (re.compile(r"/_matrix/client/[^/]+/rooms/([^/?]+)/initialSync"), 10),
    (re.compile(r"/_synapse/admin/v1/rooms/([^/?]+)/messages"), 10),
]
SEARCH = re.compile(r"/_matrix/client/[^/]+/search")
# The least bytes of an event in a search result: more hits than bytes/250 do not fit.
SMALLEST_EVENT = 250
SIZE_AND_STATUS = re.compile(r" (\d+)B (\d{3})(!?) \"")


def charged(user):
    """Puppeted requests belong to who authenticated."""
    return user and user.split("|")[0]


def access_records():
    """(user charged, address, method, url, bytes, status) of each request in the JSON log."""
    with open(capture.JSON, encoding="utf-8", newline="\n") as file:
        for line in file:
            record = json.loads(line)
            if not record["namespace"].startswith("synapse.access."):
                continue
            # Everything before the quoted request line is Synapse's own.
            head = record["log"][:record["log"].rindex(f'"{record["method"]} {record["url"]} ')]
            size, status, aborted = SIZE_AND_STATUS.findall(head + '"')[-1]
            if not aborted:
                user = record["authenticated_entity"] or record["requester"]
                yield user, record["ip_address"], record["method"], record["url"], int(size), int(status)


class Truth:
    def __init__(self):
        truth = capture.truth()
        requests = capture.requests()
        weird = [entry for entry in requests if entry["actor"].startswith("weird:")]
        self.weird_users = {charged(entry["user"]) for entry in weird if entry["user"]} | {"@bystander:hs.example"}
        self.weird_users |= {user for actor, names in truth["actors"].items() if actor.startswith("weird:")
                             for user in names["user_ids"]}
        self.weird_addresses = {entry["ip"] for entry in weird} | {case["true_ip"] for case in truth["weird"]}
        self.joined = collections.defaultdict(set)
        self.read = collections.defaultdict(set)
        self.media = collections.defaultdict(lambda: [0, 0])
        for entry in requests:
            if entry["status"] != 200:
                continue
            if entry["cls"] == "join":
                self.joined[charged(entry["user"])].add(entry["room"])
            elif entry["cls"] == "messages" and entry["method"] == "GET":
                self.read[charged(entry["user"])].add(entry["room"])
            elif entry["cls"] in ("media_download", "fed_media") and entry["method"] == "GET":
                self.media[entry["ip"]][0] += 1
                self.media[entry["ip"]][1] += entry["wire"]
        self.messages = collections.Counter()
        for user, books in truth["by_token_user"].items():
            self.messages[charged(user)] += books["messages_events"] + books["sync_timeline_events"]
        self.add_other_reading()

    def add_other_reading(self):
        """What the ledger keeps no list of. How many events came is unknown there: the most it can be."""
        self.other_messages = collections.Counter()
        for user, _, method, url, size, status in access_records():
            if status != 200 or method not in ("GET", "POST"):
                continue
            limit = re.search(r"[?&]limit=(\d+)", url)
            for pattern, most in OTHER_READING:
                match = pattern.match(url)
                if match:
                    self.read[user].add(urllib.parse.unquote(match[1]))
                    self.other_messages[user] += int(limit[1]) + 1 if limit and most > 1 else most
            if SEARCH.match(url):
                self.other_messages[user] += size // SMALLEST_EVENT


def report(path, by):
    done = noci("report", "--by", by, "--format", "jsonl", "--timezone", "UTC", path)
    if done.returncode:
        raise AssertionError(f"noci report ended with {done.returncode}: {done.stderr.decode()}")
    return {row["key"]: row for row in json_lines(done.stdout)}


class Ledger(Case):
    @classmethod
    def setUpClass(cls):
        cls.truth = Truth()
        cls.users = {path: report(path, "user.id") for path in (capture.TEXT, capture.JSON)}
        cls.addresses = {path: report(path, "source.ip") for path in (capture.TEXT, capture.JSON)}

    def each_user(self):
        for path, rows in self.users.items():
            for user, row in rows.items():
                if user and user.startswith("@") and user not in self.truth.weird_users:
                    yield path.rsplit("/", 1)[1], user, row

    def test_every_column_is_always_there(self):
        for rows in (*self.users.values(), *self.addresses.values()):
            for row in rows.values():
                self.assertEqual(set(COLUMNS) - set(row), set())

    def test_every_account_of_the_ledger_is_there(self):
        known = set(self.truth.joined) | set(self.truth.read)
        for rows in self.users.values():
            self.assertEqual({user for user in known if user} - self.truth.weird_users - set(rows), set())

    def test_rooms_joined_are_exact(self):
        for log, user, row in self.each_user():
            with self.subTest(log=log, user=user):
                self.assertEqual(row["rooms_joined"], len(self.truth.joined[user]))

    def test_rooms_read_are_exact(self):
        for log, user, row in self.each_user():
            with self.subTest(log=log, user=user):
                self.assertEqual(row["rooms_read"], len(self.truth.read[user]))

    def test_media_files_and_bytes_are_exact(self):
        for path, rows in self.addresses.items():
            got = {ipaddress.ip_address(key): [row["media_files"], row["media_bytes"]]
                   for key, row in rows.items() if key and row["media_files"]}
            wanted = {ipaddress.ip_address(ip): media for ip, media in self.truth.media.items()
                      if ip not in self.truth.weird_addresses}
            for address in self.truth.weird_addresses:
                try:
                    got.pop(ipaddress.ip_address(address), None)
                except ValueError:
                    pass  # no address at all: that is the oddity
            with self.subTest(log=path.rsplit("/", 1)[1]):
                self.assertEqual(got, wanted)

    def test_messages_lie_within_their_bounds(self):
        for log, user, row in self.each_user():
            least = self.truth.messages[user]
            most = least + self.truth.other_messages[user]
            with self.subTest(log=log, user=user, least=least, most=most, row=row):
                self.assertLessEqual(row["messages_low"], most)
                self.assertGreaterEqual(row["messages_high"], least)
                self.assertLessEqual(row["messages_low"], row["messages_fetched"])
                self.assertLessEqual(row["messages_fetched"], row["messages_high"])

    def test_messages_are_estimated_within_a_factor_of_one_and_a_half(self):
        for log, user, row in self.each_user():
            least = self.truth.messages[user]
            most = least + self.truth.other_messages[user]
            with self.subTest(log=log, user=user, least=least, most=most, fetched=row["messages_fetched"]):
                self.assertLessEqual(row["messages_fetched"], 1.5 * most)
                self.assertGreaterEqual(row["messages_fetched"], least / 1.5)

    def test_text_and_json_agree(self):
        for users in (self.users, self.addresses):
            text, parsed = users[capture.TEXT], users[capture.JSON]
            apart = self.truth.weird_users | self.truth.weird_addresses | {None}
            self.assertEqual({key: row for key, row in text.items() if self.is_plain(key, apart)},
                             {key: row for key, row in parsed.items() if self.is_plain(key, apart)})

    @staticmethod
    def is_plain(key, apart):
        return key not in apart

    def test_forged_lines_charge_nobody(self):
        """@bystander logged in and out; every other line that names it was written by an attacker."""
        for rows in self.users.values():
            row = rows.get("@bystander:hs.example")
            if row is not None:
                self.assertEqual([row[column] for column in ("rooms_joined", "rooms_read", "media_files")], [0, 0, 0])
                self.assertEqual(row["messages_high"], 0)
                self.assertLessEqual(row["requests"], 3)


class Recorded(Case):
    """Captures of synapse_test.py and synapse_workers_test.py: what they prove with a live server, here without one."""

    def capture(self, name):
        folder = os.path.join(ROOT, "tests", "corpus", name)
        logs = sorted(os.path.join(folder, log) for log in os.listdir(folder) if log.endswith(".log"))
        return folder, logs, Books.load(os.path.join(folder, "ledger.ndjson"))

    def test_one_process_and_its_attackers(self):
        folder, logs, ledger = self.capture(f"synapse-v{NEWEST}")
        text, parsed = (Logs(self, name, [log for log in logs if log.endswith(".json.log") == (name == "JSON")])
                        for name in ("text", "JSON"))
        with open(os.path.join(folder, "forgeries.ndjson")) as file:
            attacks = [json.loads(line) for line in file]
        forgeries.check(self, "text", forgeries.verdicts(attacks, text.explained()))
        both = Logs(self, "text beside JSON", logs)  # each request is in both of them, and counts once
        accuracy.Comparison(self, ledger, [text, parsed, both], NEWEST, apart=(ADDRESS, None)).check()

    def test_workers(self):
        _, logs, ledger = self.capture(f"synapse-v{NEWEST}-workers")
        accuracy.Comparison(self, ledger, [Logs(self, "text", logs)], NEWEST).check()
        alerts.check_against_one_log(self, logs)


class Page(Case):
    """docs/accuracy.md, as NOCI_WRITE_ACCURACY=1 writes it."""

    def setUp(self):
        super().setUp()
        self.page = self.write("page.md", "A\n\n<!-- one -->\nold\n\nold\n<!-- end of one -->\n\n<!-- two -->\n<!-- end of two -->\nB\n")
        for patch in (mock.patch.object(accuracy, "PAGE", self.page), mock.patch.object(accuracy, "published", {}),
                      mock.patch.dict(os.environ, NOCI_WRITE_ACCURACY="1"), mock.patch("builtins.print")):
            patch.start()
            self.addCleanup(patch.stop)

    def text(self):
        with open(self.page) as file:
            return file.read()

    def test_its_parts_are_replaced_and_nothing_else(self):
        accuracy.publish("one", "new \\1")
        accuracy.publish("two", "2")
        for _ in range(2):  # again: the same
            accuracy.write()
            self.assertEqual(self.text(), "A\n\n<!-- one -->\nnew \\1\n<!-- end of one -->\n\n<!-- two -->\n2\n<!-- end of two -->\nB\n")

    def test_what_has_no_place_is_an_error_and_changes_nothing(self):
        before = self.text()
        accuracy.publish("one", "new")
        accuracy.publish("three", "3")
        self.assertRaises(AssertionError, accuracy.write)
        self.assertEqual(self.text(), before)

    def test_the_real_page_has_a_place_for_all(self):
        with open(os.path.join(ROOT, "docs", "accuracy.md"), encoding="utf-8") as file:
            page = file.read()
        for section in ("newest release", "forged lines, newest release", "older release", "forged lines, older release",
                        "workers", "federation"):
            self.assertEqual((page.count(f"<!-- {section} -->\n"), page.count(f"<!-- end of {section} -->\n")), (1, 1), section)
            part = page.partition(f"<!-- {section} -->\n")[2].partition("<!-- end of")[0]
            # Tables and their heading only, none of what surrounded them on a terminal.
            self.assertNotRegex(part, r"(?m)^(ok|OK|Ran|real|-{4})")


if __name__ == "__main__":
    main()
