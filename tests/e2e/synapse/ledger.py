"""What clients received, request by request, in their own words: the truth that noci's counters are
held against. Nothing here comes from a log. One entry is one request:

  account   who authenticated (of a login: who logged in); none where no valid token was sent
  named     whether Synapse's log can name the account: never of media of old, profiles, aliases
  address, did, method, status, bytes    bytes of the body, as received
  complete  false when the client hung up before the answer was whole
  joined, read, messages, by_state       the room joined or read, events delivered, a join by state event

In a file what is not there is as in USUAL.
"""

import collections
import json

# Rooms named in the URL whose events came in the answer.
READING = ("messages", "context", "relations", "threads", "event", "initial_sync", "admin_messages", "admin_context")
# Whose number of events Synapse's log tells itself (of messages: since 1.144).
TOLD = ("messages", "search")
FILES = ("media", "media_legacy")
THUMBNAILS = ("thumbnail", "thumbnail_legacy")
PROFILES = ("profile", "profile_field")


USUAL = {"account": None, "named": True, "method": "GET", "status": 200, "complete": True}


class Ledger:
    def __init__(self, entries=()):
        self.entries = list(entries)

    def add(self, **entry):
        self.entries.append(entry)
        return entry

    def save(self, path):
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            for entry in self.entries:
                short = {key: value for key, value in entry.items() if key not in USUAL or value != USUAL[key]}
                file.write(json.dumps(short, ensure_ascii=False, separators=(",", ":")) + "\n")

    @classmethod
    def load(cls, path):
        with open(path, encoding="utf-8", newline="\n") as file:
            return cls({**USUAL, **json.loads(line)} for line in file)

    def by_account(self):
        """{account: Books} of what the log can name the account of."""
        return self.grouped(lambda entry: entry["account"] if entry["named"] else None)

    def by_address(self):
        return self.grouped(lambda entry: entry["address"])

    def grouped(self, key_of):
        books = collections.defaultdict(Books)
        for entry in self.entries:
            key = key_of(entry)
            if key is not None:
                books[key].add(entry)
        return dict(books)


class Books:
    """Sums over some entries. What was hung up on is in none of them but `hung_up` and `received`."""

    def __init__(self):
        self.requests = 0
        self.failures = 0
        self.bytes = 0
        self.joined = set()
        self.joined_by_state = set()
        self.joins_by_state = 0  # membership events one sent about oneself, joins or not
        self.read = set()
        self.messages = collections.Counter()  # by what was asked
        self.files = 0
        self.file_bytes = 0
        self.thumbnails = 0
        self.profiles = 0
        self.logins = 0
        self.failed_logins = 0
        self.hung_up = collections.Counter()  # by what was asked
        self.received = 0  # bytes before hanging up

    def add(self, entry):
        did, status = entry["did"], entry["status"]
        if not entry["complete"]:
            self.hung_up[did] += 1
            self.received += entry["bytes"]
            return
        if status >= 400:
            self.failures += 1
            self.failed_logins += did == "login"
            return
        self.requests += 1
        self.bytes += entry["bytes"]
        if entry.get("by_state"):
            self.joins_by_state += 1
            if entry.get("joined"):
                self.joined_by_state.add(entry["joined"])
        elif entry.get("joined"):
            self.joined.add(entry["joined"])
        if entry["method"] == "HEAD":
            return
        if did in READING:
            self.read.add(entry["read"])
        self.messages[did] += entry.get("messages", 0)
        if did in FILES and status != 304:
            self.files += 1
            self.file_bytes += entry["bytes"]
        self.thumbnails += did in THUMBNAILS
        self.profiles += did in PROFILES
        self.logins += did == "login"

    @property
    def all_messages(self):
        return sum(self.messages.values())

    @property
    def told_messages(self):
        return sum(self.messages[did] for did in TOLD)
