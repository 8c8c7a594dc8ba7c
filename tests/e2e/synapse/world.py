"""What happens on a homeserver before and while noci watches: rooms with history and files, and accounts
each of which takes data out by routes of its own, so that a wrong count names its route."""

import struct
import zlib

from synapse.client import API, Client, quoted

ROOMS = 8
MESSAGES = 14  # in a small room
LONG_ROOM = 70
PREY = 30  # rooms more for the attacker: above what the shipped rules allow in ten minutes
LARGE_FILE = 6_000_000  # more than the buffers between server and client hold

# What a client can send as its User-Agent, with the quotes and brackets that a log line is made of.
ODD_AGENTS = (
    'x" [7 dbevts]',
    'Mozilla" [0 dbevts] {@bystander:e2e.example} Processed request: "',
    '127.0.0.1 - 8008 - {@bystander:e2e.example} Processed request: 0.001sec/0.001sec (0.001sec, 0.000sec) '
    '(0.000sec/0.000sec/0) 99999B 200 "GET /_matrix/client/v3/rooms/!x:e2e.example/messages HTTP/1.1" "-" [0 dbevts]',
    "tab\there and \x1b[31m escape and \xe9 \xff",
    "{}[]()\\'\"",
    "",
)


def picture(colour):
    """A PNG of 64 × 64, for a thumbnail to be made of."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + bytes((colour, 255 - colour, 128)) * 64) * 64
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class World:
    """`legacy`: media can be had without a token (`enable_authenticated_media: false`)."""

    def __init__(self, case, server, ledger, legacy=True):
        self.case, self.server, self.ledger, self.legacy = case, server, ledger, legacy
        self.clients = 0
        self.rooms, self.files, self.pictures, self.roots, self.events = [], [], [], [], {}

    def client(self, name, agent="Mozilla/5.0", admin=False):
        self.clients += 1
        client = Client(self.server, self.ledger, name, f"192.0.2.{self.clients}", agent)
        self.case.addCleanup(client.close)
        return client.register(admin)

    def furnish(self):
        self.owner = owner = self.client("owner")
        for number in range(ROOMS):
            room = owner.create_room(f"room {number}", alias=f"alias{number}")
            self.rooms.append(room)
            events = self.events[room] = []
            for text in range(LONG_ROOM if number == 0 else MESSAGES):
                words = f"message {text} of room {number}: " + "word " * (text % 40)
                events.append(owner.send(room, {"msgtype": "m.text", "body": words}))
            self.roots.append(events[0])
            for reply in range(3):
                owner.send(room, {"msgtype": "m.text", "body": f"reply {reply}",
                                  "m.relates_to": {"rel_type": "m.thread", "event_id": events[0]}})
            uri = owner.upload(bytes([number]) * (2000 + 700 * number))
            owner.send(room, {"msgtype": "m.file", "body": "file.bin", "url": uri})
            self.files.append(uri)
        self.pictures = [owner.upload(picture(40 * number), "p.png", "image/png") for number in range(3)]
        self.large = owner.upload(bytes(LARGE_FILE))

    def joiner(self, name, rooms=None):
        client = self.client(name)
        for room in self.rooms if rooms is None else rooms:
            client.join(room)
        return client

    # --- who does what ---------------------------------------------------------------------------

    def joins_by_every_route(self):
        client = self.client("joiner")
        rooms = self.rooms
        client.join(rooms[0])
        client.join(rooms[0])  # again: 200, and no further room
        client.join(rooms[1], method="PUT")
        client.join(rooms[2], route="join", version="r0")
        client.join(f"#alias3:{self.server.name}", route="join")
        client.join(f"#alias4:{self.server.name}", route="join", method="PUT", version="api/v1")
        client.join(rooms[5], route="join", method="PUT", version="unstable")
        secret = self.owner.create_room("by invitation", preset="private_chat")
        refused = client.ask("join", "POST", f"{API}/rooms/{quoted(secret)}/join", {}, joined=secret)
        self.case.assertEqual(refused.status, 403)
        self.owner.invite(secret, client.user)
        client.join(secret)
        client.create_room("one of one's own")  # in it without a join

    def joins_by_state_event(self):
        client = self.client("stateful")
        for room in self.rooms[:3]:
            client.set_membership(room, {"membership": "join"}, joined=True)
        mine = client.create_room("already in")
        client.set_membership(mine, {"membership": "join", "displayname": "another name"}, joined=False)

    def reads_pages(self):
        client = self.joiner("pager")
        for room, limit in zip(self.rooms, (30, 10, 1, 7, 100, 1000, 3, 5)):
            client.page_through(room, limit, pages=1000 if limit > 2 else 5)
        client.page_through(self.rooms[1], 4, more="&dir=f", version="r0")
        client.page_through(self.rooms[2], "%31%30", more=";dir=b")
        client.page_through(self.rooms[3], 50, more='&dir=b&filter={"types":["m.room.message"]}'.replace('"', "%22"))

    def reads_around_events(self):
        client = self.joiner("contexter")
        for room, limit in zip(self.rooms, (0, 1, 10, 50)):
            client.context(room, self.events[room][5], limit)

    def reads_relations(self):
        client = self.joiner("relater")
        for room, root in zip(self.rooms[:4], self.roots):
            client.relations(room, root)
            client.relations(room, root, "/m.thread")
            client.relations(room, root, "/m.thread/m.room.message?limit=2")
            client.threads(room, 10)

    def reads_single_events(self):
        client = self.joiner("picker", self.rooms[:3])
        for room in self.rooms[:3]:
            for event in self.events[room][:4]:
                client.event(room, event)
        client.room_initial_sync(self.rooms[0], 6)
        missing = client.ask("event", "GET", f"{API}/rooms/{quoted(self.rooms[0])}/event/$nothing", read=self.rooms[0])
        self.case.assertEqual(missing.status, 404)

    def syncs(self):
        client = self.joiner("syncer")
        since = client.sync()
        for _ in range(3):
            for room in self.rooms[:2]:
                self.owner.send(room, {"msgtype": "m.text", "body": "news"})
            since = client.sync(since)
        client.sync(limit=40)
        client.hang_up("sync", f"{API}/sync?timeout=2000&since={quoted(since)}", 0)

    def syncs_sliding(self):
        client = self.joiner("slider")
        position = client.sliding_sync(20)
        self.owner.send(self.rooms[0], {"msgtype": "m.text", "body": "news"})
        client.sliding_sync(20, position)

    def searches(self):
        client = self.joiner("searcher", self.rooms[:3])
        client.search("message")
        client.search("message 3", before=2, after=3)
        client.search("nothingofthesort")

    def takes_files(self):
        client = self.client("filer")
        for uri in self.files:
            client.download(uri)
        client.download(self.files[0])  # again
        client.download(self.files[1], name="/renamed.bin")
        client.download(self.files[2], method="HEAD")
        client.download(self.files[3], headers={"If-None-Match": '"1"'})
        client.download(f"mxc://{self.server.name}/nosuchfile")
        for uri in self.pictures:
            client.thumbnail(uri)

    def takes_files_of_old(self):
        client = self.client("legacy")
        for uri, version in zip(self.files, ("v3", "r0", "v1") * 2):
            answer = client.download_of_old(uri, version)
            self.case.assertEqual(answer.status, 200 if self.legacy else 404)
        client.download_of_old(self.files[0], method="HEAD")
        client.download_of_old(self.files[2], headers={"If-None-Match": '"1"'})
        if self.legacy:
            client.download_of_old(self.files[1], name="/renamed.bin")
            for uri in self.pictures:
                client.thumbnail_of_old(uri)

    def gives_up_downloads(self):
        client = self.client("aborter")
        path = "/_matrix/client/v1/media/download/" + self.large.removeprefix("mxc://")
        for after in (1, 100_000):
            client.hang_up("media", path, after)
        client.download(self.large)

    def looks_people_up(self):
        client = self.client("curious")
        for name in ("owner", "joiner", "pager", "filer"):
            client.profile(f"@{name}:{self.server.name}")
        client.profile(self.owner.user, "/displayname")
        client.profile(self.owner.user, "/avatar_url")
        client.profile(f"@nobody:{self.server.name}")
        client.alias(f"#alias1:{self.server.name}")
        client.alias(f"#nothing:{self.server.name}")
        client.public_rooms()
        for words in ("e", "join", "zzz"):
            client.call("user_directory", "POST", API + "/user_directory/search", {"search_term": words, "limit": 50})
        client.call("keys_query", "POST", API + "/keys/query", {"device_keys": {self.owner.user: []}})
        client.join(self.rooms[0])
        for what in ("members", "joined_members", "state"):
            client.get("members", f"{API}/rooms/{quoted(self.rooms[0])}/{what}")

    def logs_in(self):
        client = self.client("logger")
        for version in ("v3", "r0"):
            client.try_login(version=version)
        client.try_login(name=client.user)
        for password in ("wrong", "wronger"):
            self.case.assertEqual(client.try_login(password=password).status, 403)
        self.case.assertEqual(client.try_login(name="nobody").status, 403)
        self.case.assertEqual(client.ask("login", "POST", API + "/login", {"type": "m.login.magic"}, named=False).status, 400)
        token = client.try_login(more={"refresh_token": True}).json["refresh_token"]
        client.refresh(client.refresh(token))
        stranger = Client(self.server, self.ledger, "stranger", "192.0.2.251").use("syt_no_such_token")
        self.case.addCleanup(stranger.close)
        self.case.assertEqual(stranger.ask("sync", "GET", API + "/sync").status, 401)

    def administers(self):
        self.admin = self.client("admin", admin=True)
        for path in ("/_synapse/admin/v2/users?limit=50", "/_synapse/admin/v1/rooms?limit=50"):
            self.admin.get("admin", path)
        base = "/_synapse/admin/v1"
        answer = self.admin.get("admin_messages", f"{base}/rooms/{quoted(self.rooms[0])}/messages?dir=b&limit=25",
                                read=self.rooms[0])
        answer.entry["messages"] = len(answer.json["chunk"])
        self.admin.context(self.rooms[1], self.events[self.rooms[1]][3], 6, base=base, did="admin_context")

    def puppets(self):
        """What an administrator reads as somebody else is the administrator's."""
        victim = self.joiner("puppet", self.rooms[:2])
        puppet = self.admin.log_in_as(victim, "192.0.2.250")
        self.case.addCleanup(puppet.close)
        puppet.join(self.rooms[4])
        for room in (self.rooms[1], self.rooms[4]):
            puppet.page_through(room, 20)
        puppet.download(self.files[5])

    def sends_odd_headers(self):
        client = self.joiner("odd", self.rooms[:3])
        for agent, room in zip(ODD_AGENTS, self.rooms[:3] * 2):
            client.headers["User-Agent"] = agent.encode("latin-1")
            client.page_through(room, 6, pages=1)
            client.download(self.files[0])
        client.headers["User-Agent"] = "Mozilla/5.0"
        path = f"{API}/rooms/{quoted(self.rooms[0])}/messages?dir=b&limit=3&x=%22{{@bystander}}\"[1"
        answer = client.get("messages", path, read=self.rooms[0])
        answer.entry["messages"] = len(answer.json["chunk"])

    def attack(self):
        """What the shipped rules are for: every room there is, its history and its files."""
        for number in range(PREY):
            self.owner.send(self.owner.create_room(f"prey {number}"), {"msgtype": "m.text", "body": "secret"})
        attacker = self.client("attacker", "python-requests/2.31.0")
        for room in attacker.public_rooms():
            attacker.join(room)
            for event in attacker.page_through(room, 100):
                if "url" in event["content"]:
                    attacker.download(event["content"]["url"])
        return attacker

    def everybody(self):
        self.joins_by_every_route()
        self.joins_by_state_event()
        self.reads_pages()
        self.reads_around_events()
        self.reads_relations()
        self.reads_single_events()
        self.syncs()
        self.syncs_sliding()
        self.searches()
        self.takes_files()
        self.takes_files_of_old()
        self.gives_up_downloads()
        self.looks_people_up()
        self.logs_in()
        self.administers()
        self.puppets()
        self.sends_odd_headers()
