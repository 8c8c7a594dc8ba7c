"""The ledger against noci: every account and address is compared, and the sums are printed as a table.
With NOCI_WRITE_ACCURACY=1 the tables of a test that passed also replace those of docs/accuracy.md."""

import os

from harness import ROOT
from synapse.releases import told_messages
from synapse.watch import Watch, noci_version

PAGE = os.path.join(ROOT, "docs", "accuracy.md")
published = {}  # {section: text} of this run

# (what, the ledger's sum, the report's column): exact per account.
OF_ACCOUNTS = (
    ("requests answered", lambda books: books.requests, "requests"),
    ("bytes of all answers", lambda books: books.bytes, "bytes_downloaded"),
    ("rooms joined (every route that names the room)", lambda books: len(books.joined), "rooms_joined"),
    ("rooms read (by their URL)", lambda books: len(books.read), "rooms_read"),
    ("media files", lambda books: books.files, "media_files"),
    ("media bytes", lambda books: books.file_bytes, "media_bytes"),
    ("thumbnails", lambda books: books.thumbnails, "thumbnails"),
    ("logins", lambda books: books.logins, "logins"),
)
# Exact per address, whoever it was.
OF_ADDRESSES = (
    *OF_ACCOUNTS,
    ("profiles", lambda books: books.profiles, "profiles_read"),
    ("failed requests, wrong passwords among them", lambda books: books.failures, "failures"),
)
# Windows of the daemon's counting rules (watch.py): the same by another way.
OF_WINDOWS = {
    "joined": lambda books: len(books.joined), "read": lambda books: len(books.read),
    "files": lambda books: books.files, "file_bytes": lambda books: books.file_bytes, "logins": lambda books: books.logins,
}
# event.action: the ledger's words for the same.
ACTIONS = {
    "room_join": ("join",), "room_join_state": ("membership",), "room_messages": ("messages",), "room_context": ("context",),
    "room_relations": ("relations",), "room_threads": ("threads",), "room_event": ("event",), "search": ("search",),
    "sync": ("sync",), "sliding_sync": ("sliding_sync",), "media_download": ("media",),
    "media_download_legacy": ("media_legacy",), "media_thumbnail": ("thumbnail",),
    "media_thumbnail_legacy": ("thumbnail_legacy",), "profile": ("profile",), "profile_field": ("profile_field",),
    "login": ("login",), "token_refresh": ("refresh",), "keys_query": ("keys_query",),
    "user_directory_search": ("user_directory",), "public_rooms": ("public_rooms",), "directory_alias": ("alias",),
    "admin_room_messages": ("admin_messages",), "admin_room_context": ("admin_context",), "room_send": ("send",),
    "room_create": ("create",), "media_upload": ("upload",),
}
EMPTY = {name: 0 for name in ("requests", "bytes_downloaded", "rooms_joined", "rooms_read", "media_files", "media_bytes",
                              "thumbnails", "logins", "profiles_read", "failures", "messages_fetched", "messages_low",
                              "messages_high")}


class Comparison:
    """`watches` are daemons over live logs, or finished Logs. `apart`: accounts and addresses whose own numbers an attack may touch."""

    def __init__(self, case, ledger, watches, version, apart=()):
        self.case, self.watches, self.version, self.apart = case, watches, version, set(apart)
        self.accounts = ledger.by_account()
        self.addresses = ledger.by_address()
        self.entries = ledger.entries
        self.rows = {watch.name: (watch.report("user.id"), watch.report("source.ip")) for watch in watches}
        self.table = []

    def check(self):
        self.check_keys(self.accounts, 0, OF_ACCOUNTS)
        self.check_keys(self.addresses, 1, OF_ADDRESSES)
        self.check_nobody_else()
        self.check_messages()
        self.check_agreement()
        if isinstance(self.watches[0], Watch):
            self.check_windows()
            self.check_actions()
        self.sum_up()

    def each(self, books_of, index):
        """(log, key, the ledger's books, noci's row) of those that must be exact."""
        for watch in self.watches:
            for key, books in sorted(books_of.items()):
                if key not in self.apart:
                    yield watch.name, key, books, self.rows[watch.name][index].get(key, EMPTY)

    def check_keys(self, books_of, index, measures):
        for log, key, books, row in self.each(books_of, index):
            # Synapse logs a download that was given up as if it had been delivered, and a membership event
            # as if it were a join: there the count is an upper bound.
            given_up = books.hung_up["media"] + books.hung_up["media_legacy"]
            for what, truth, column in measures:
                slack = 0
                if given_up and column in ("requests", "media_files"):
                    slack = given_up
                elif given_up and column in ("bytes_downloaded", "media_bytes"):
                    slack = 1 << 40
                elif books.joins_by_state and column == "rooms_joined":
                    slack = books.joins_by_state
                with self.case.subTest(log=log, key=key, what=what):
                    if slack:
                        least = truth(books) + (len(books.joined_by_state) if column == "rooms_joined" else 0)
                        self.case.assertGreaterEqual(row[column], least)
                        self.case.assertLessEqual(row[column], truth(books) + slack)
                    else:
                        self.case.assertEqual(row[column], truth(books))

    def check_nobody_else(self):
        """Nobody is charged who took nothing."""
        for watch in self.watches:
            for index, known in ((0, self.accounts), (1, self.addresses)):
                strangers = {key for key in self.rows[watch.name][index] if key is not None} - set(known) - self.apart
                with self.case.subTest(log=watch.name):
                    self.case.assertEqual(strangers, set())

    def check_messages(self):
        for log, key, books, row in self.each(self.accounts, 0):
            truth = books.all_messages
            with self.case.subTest(log=log, key=key, messages=dict(books.messages)):
                self.case.assertLessEqual(row["messages_low"], truth)
                self.case.assertGreaterEqual(row["messages_high"], truth)
                if truth == self.told(books):
                    self.case.assertEqual(row["messages_fetched"], truth)

    def told(self, books):
        """What the log tells the number of."""
        return books.messages["search"] + (books.messages["messages"] if told_messages(self.version) else 0)

    def check_windows(self):
        for watch in self.watches:
            for books_of in (self.accounts, self.addresses):
                for key, books in sorted(books_of.items()):
                    if key in self.apart or books.hung_up or books.joins_by_state:
                        continue
                    windows = watch.why(key)
                    with self.case.subTest(log=watch.name, key=key):
                        self.case.assertEqual({name: windows.get(name, 0) for name in OF_WINDOWS},
                                              {name: truth(books) for name, truth in OF_WINDOWS.items()})
                    if books_of is self.addresses:
                        with self.case.subTest(log=watch.name, key=key):
                            self.case.assertEqual(windows.get("profiles", 0), books.profiles)

    def check_actions(self):
        """What the running daemon counted, by what it was for."""
        for watch in self.watches:
            counted = {labels["action"]: value for labels, value in watch.daemon.metrics().get("noci_events_total", ())}
            truth = {action: sum(entry["did"] in words for entry in self.entries) for action, words in ACTIONS.items()}
            with self.case.subTest(log=watch.name):
                self.case.assertEqual({action: counted.get(action, 0) for action in truth}, truth)

    def check_agreement(self):
        first, *others = self.watches
        for other in others:
            for index in (0, 1):
                mine, its = self.rows[first.name][index], self.rows[other.name][index]
                for key in set(mine) | set(its):
                    if key not in self.apart:
                        with self.case.subTest(key=key, between=(first.name, other.name)):
                            self.case.assertEqual(mine.get(key), its.get(key))

    # --- the table -------------------------------------------------------------------------------

    def total(self, index, column, books_of, keys=None):
        return [sum(self.rows[watch.name][index].get(key, EMPTY)[column] for key in books_of
                    if keys is None or key in keys) for watch in self.watches]

    def sum_up(self):
        plain = {key for key, books in self.accounts.items()
                 if not books.hung_up and not books.joins_by_state and key not in self.apart}
        for what, truth, column in OF_ACCOUNTS:
            self.line(what, sum(truth(self.accounts[key]) for key in plain),
                      self.total(0, column, self.accounts, plain), "exact, each account")
        others = {key for key, books in self.addresses.items()
                  if not books.hung_up and not books.joins_by_state and key not in self.apart}
        for what, truth, column in OF_ADDRESSES[-2:]:
            self.line(what, sum(truth(self.addresses[key]) for key in others),
                      self.total(1, column, self.addresses, others), "exact, each address")
        anonymous = [entry for entry in self.entries if entry["did"] == "media_legacy" and entry["status"] == 200
                     and entry["method"] == "GET"]
        addresses = {entry["address"] for entry in anonymous}
        if anonymous:
            self.line("media files without an account", len(anonymous),
                      self.total(1, "media_files", self.addresses, addresses), "exact, each address")
        state = {key for key, books in self.accounts.items() if books.joins_by_state}
        if state:
            self.line("rooms joined by state event", sum(len(self.accounts[key].joined_by_state) for key in state),
                      self.total(0, "rooms_joined", self.accounts, state), "estimate: at most")
        gone = {key for key, books in self.accounts.items() if books.hung_up["media"]}
        if gone:
            self.line("media files, some downloads given up", sum(self.accounts[key].files for key in gone),
                      self.total(0, "media_files", self.accounts, gone), "estimate: at most")
        bodies = sum(entry.get("rooms", 0) for entry in self.entries if entry["did"] in ("sync", "sliding_sync", "search"))
        if bodies:
            self.line("rooms read inside sync and search bodies", bodies, ["–"] * len(self.watches), "not in the log")

    def line(self, what, truth, values, claim):
        self.table.append([what, str(truth), *(str(value) for value in values), claim])

    def publish(self, section):
        """Both tables under this heading of docs/accuracy.md."""
        names = [watch.name for watch in self.watches]
        text = markdown(["what", "truth", *(f"noci, {name}" for name in names), "how exact"], self.table)
        routes = markdown(["messages by", "truth", "noci", "bounds", "how exact"], self.messages_table())
        publish(section, f"{heading(self.version)}{text}\n\n{routes}")

    def messages_table(self):
        """By route, or by the routes that one account used together."""
        kinds = {}
        for key, books in self.accounts.items():
            used = sorted(did for did, count in books.messages.items() if count)
            if used and key not in self.apart:
                kinds.setdefault(", ".join(used), []).append(key)
        rows = []
        for did in sorted(kinds):
            keys = kinds[did]
            truth = sum(self.accounts[key].all_messages for key in keys)
            got, low, high = (self.total(0, column, self.accounts, keys)[0]
                              for column in ("messages_fetched", "messages_low", "messages_high"))
            exact = did == "search" or (did == "messages" and told_messages(self.version))
            rows.append([did, str(truth), str(got), f"{low} to {high}", "exact" if exact else "estimate, within its bounds"])
        return rows


def heading(version):
    return f"Synapse {version}, noci {noci_version()}.\n\n"


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def publish(section, text):
    """Prints a part of docs/accuracy.md."""
    print(f"\n{section}\n{text}\n", flush=True)
    published[section] = text


def write():
    """What was printed goes into docs/accuracy.md, when asked to; nothing of a test that failed (harness.main)."""
    if os.environ.get("NOCI_WRITE_ACCURACY") != "1":
        return
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    for section, text in published.items():
        begin, end = f"<!-- {section} -->\n", f"<!-- end of {section} -->\n"
        before, found, rest = page.partition(begin)
        _, found_end, after = rest.partition(end)
        if not found or not found_end or begin in after:
            raise AssertionError(f"{PAGE} has no place for {section}, or several")
        page = before + begin + text + "\n" + end + after
    # In one step: whoever is interrupted leaves a whole page.
    with open(PAGE + ".new", "w", encoding="utf-8") as file:
        file.write(page)
    os.replace(PAGE + ".new", PAGE)
