"""Clients of a homeserver that write down what they were given. A client is one account at one
address; what it does is named in the words of ledger.py."""

import hashlib
import hmac
import http.client
import json
import socket
import time
import urllib.parse

from harness import PATIENCE
from synapse.releases import names_profiles
from synapse.server import SHARED_SECRET

PASSWORD = "password"
API = "/_matrix/client/v3"
# A server closes connections that nobody used for a minute; a request that meets that is lost.
MOST_IDLE = 20


def quoted(text):
    return urllib.parse.quote(text, safe="")


class Answer:
    def __init__(self, status, body, entry):
        self.status, self.body, self.entry = status, body, entry

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    def __init__(self, server, ledger, name, address, agent="Mozilla/5.0"):
        self.server, self.ledger = server, ledger
        self.name, self.user = name, f"@{name}:{server.name}"
        self.charged = self.user  # who authenticates: an administrator for the account it logged in as
        self.address = address
        self.headers = {"X-Forwarded-For": address, "X-Forwarded-Proto": "https", "User-Agent": agent}
        self.port = None  # of one process, whatever a reverse proxy would choose
        self.connections = {}
        self.transaction = 0

    def close(self):
        for connection, _ in self.connections.values():
            connection.close()

    def connection(self, path):
        port = self.port or self.server.port_for(self, path)
        connection, used = self.connections.get(port, (None, 0))
        if connection is None or time.monotonic() - used > MOST_IDLE:
            if connection is not None:
                connection.close()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.connections[port] = connection, time.monotonic()
        return connection

    # --- requests ------------------------------------------------------------------------------

    def ask(self, did, method, path, body=None, headers=None, named=True, **what):
        """The answer, which is in the ledger. `named`: Synapse authenticates this endpoint."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection = self.connection(path)
        connection.request(method, path, raw, {"Content-Type": "application/json", **self.headers, **(headers or {})})
        answer = connection.getresponse()
        received = answer.read()
        return Answer(answer.status, received, self.write_down(did, method, answer.status, len(received), named, **what))

    def write_down(self, did, method, status, size, named=True, complete=True, **what):
        authorised = "Authorization" in self.headers and status != 401
        return self.ledger.add(actor=self.name, account=self.charged if authorised else None,
                               named=named and authorised, address=self.address, did=did, method=method, status=status,
                               bytes=size, complete=complete, **what)

    def call(self, did, method, path, body=None, **what):
        answer = self.ask(did, method, path, body, **what)
        if answer.status != 200:
            raise AssertionError(f"{self.user}: {method} {path}: {answer.status} {answer.body[:300]}")
        return answer

    def get(self, did, path, **what):
        return self.call(did, "GET", path, **what)

    def hang_up(self, did, path, after, named=True):
        """Reads so many bytes of the body and closes; of nothing (0) after the request was sent."""
        with socket.create_connection(("127.0.0.1", self.server.port_for(self, path)), PATIENCE) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
            lines = [f"GET {path} HTTP/1.1", "Host: x", *(f"{key}: {value}" for key, value in self.headers.items())]
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            received = b""
            while after and len(received.partition(b"\r\n\r\n")[2]) < after:
                more = connection.recv(4096)
                if not more:
                    raise AssertionError(f"{self.user}: {path} ended before it could be given up")
                received += more
        self.write_down(did, "GET", 200, len(received.partition(b"\r\n\r\n")[2]), named, complete=False)

    # --- sessions ------------------------------------------------------------------------------

    def register(self, admin=False):
        """By the shared secret: the admin API's protocol, an HMAC over a nonce and the account."""
        nonce = self.get("register", "/_synapse/admin/v1/register").json["nonce"]
        signed = "\0".join((nonce, self.name, PASSWORD, "admin" if admin else "notadmin"))
        mac = hmac.new(SHARED_SECRET.encode(), signed.encode(), hashlib.sha1).hexdigest()
        self.call("register", "POST", "/_synapse/admin/v1/register",
                  {"nonce": nonce, "username": self.name, "password": PASSWORD, "admin": admin, "mac": mac})
        return self.login()

    def try_login(self, name=None, password=PASSWORD, version="v3", more=None):
        """The answer of a login that may fail; its token is not kept."""
        answer = self.ask("login", "POST", f"/_matrix/client/{version}/login", {
            "type": "m.login.password", "identifier": {"type": "m.id.user", "user": name or self.name},
            "password": password, **(more or {})}, named=False)
        # Its access line is anonymous; another line of the same request says who logged in.
        if answer.status == 200:
            answer.entry.update(account=self.user, named=True)
        else:
            answer.entry.update(account=None, named=False)
        return answer

    def use(self, token):
        self.headers["Authorization"] = f"Bearer {token}"
        return self

    def login(self):
        answer = self.try_login()
        if answer.status != 200:
            raise AssertionError(f"{self.user} cannot log in: {answer.status} {answer.body[:300]}")
        return self.use(answer.json["access_token"])

    def refresh(self, token):
        answer = self.call("refresh", "POST", API + "/refresh", {"refresh_token": token})
        answer.entry.update(account=self.user, named=True)
        return answer.json["refresh_token"]

    def log_in_as(self, puppet, address):
        """A client of this administrator with the other account's token."""
        token = self.call("admin", "POST", f"/_synapse/admin/v1/users/{quoted(puppet.user)}/login", {}).json["access_token"]
        client = Client(self.server, self.ledger, puppet.name, address)
        client.charged = self.user
        return client.use(token)

    # --- rooms ---------------------------------------------------------------------------------

    def next_transaction(self):
        self.transaction += 1
        return f"t{self.transaction}"

    def create_room(self, name, alias=None, preset="public_chat"):
        body = {"name": name, "preset": preset, "visibility": "public" if preset == "public_chat" else "private"}
        return self.call("create", "POST", API + "/createRoom",
                         {**body, **({"room_alias_name": alias} if alias else {})}).json["room_id"]

    def send(self, room, content, kind="m.room.message"):
        path = f"{API}/rooms/{quoted(room)}/send/{kind}/{self.next_transaction()}"
        return self.call("send", "PUT", path, content).json["event_id"]

    def upload(self, raw, name="file.bin", kind="application/octet-stream"):
        path = f"/_matrix/media/v3/upload?filename={name}"
        return self.call("upload", "POST", path, raw, headers={"Content-Type": kind}).json["content_uri"]

    def invite(self, room, user):
        self.call("invite", "POST", f"{API}/rooms/{quoted(room)}/invite", {"user_id": user})

    def join(self, room, route="rooms", method="POST", version="v3", via=""):
        """Of `route` rooms (by id only) or join (by id or alias)."""
        path = f"/_matrix/client/{version}/" + (f"rooms/{quoted(room)}/join" if route == "rooms" else f"join/{quoted(room)}")
        if method == "PUT":
            path += "/" + self.next_transaction()
        return self.call("join", method, path + via, {}, joined=room)

    def set_membership(self, room, content, joined):
        """PUT of one's own m.room.member: a join, or merely another name in the room."""
        path = f"{API}/rooms/{quoted(room)}/state/m.room.member/{quoted(self.user)}"
        return self.call("membership", "PUT", path, content, by_state=True, **({"joined": room} if joined else {}))

    # --- reading -------------------------------------------------------------------------------

    def page_through(self, room, limit, pages=1000, more="&dir=b", version="v3"):
        """/messages to the last event or for so many pages; returns the events."""
        found, token = [], ""
        for _ in range(pages):
            path = f"/_matrix/client/{version}/rooms/{quoted(room)}/messages?limit={limit}{more}{token}"
            answer = self.get("messages", path, read=room)
            chunk = answer.json["chunk"]
            answer.entry["messages"] = len(chunk)
            found += chunk
            if "end" not in answer.json or not chunk:
                break
            token = "&from=" + quoted(answer.json["end"])
        return found

    def context(self, room, event, limit, base=API, did="context"):
        answer = self.get(did, f"{base}/rooms/{quoted(room)}/context/{quoted(event)}?limit={limit}", read=room)
        body = answer.json
        answer.entry["messages"] = len(body["events_before"]) + len(body["events_after"]) + 1

    def relations(self, room, event, more=""):
        answer = self.get("relations", f"/_matrix/client/v1/rooms/{quoted(room)}/relations/{quoted(event)}{more}", read=room)
        answer.entry["messages"] = len(answer.json["chunk"])

    def threads(self, room, limit):
        answer = self.get("threads", f"/_matrix/client/v1/rooms/{quoted(room)}/threads?limit={limit}", read=room)
        answer.entry["messages"] = len(answer.json["chunk"])

    def event(self, room, event):
        self.get("event", f"{API}/rooms/{quoted(room)}/event/{quoted(event)}", read=room, messages=1)

    def room_initial_sync(self, room, limit):
        path = f"/_matrix/client/api/v1/rooms/{quoted(room)}/initialSync?limit={limit}"
        answer = self.get("initial_sync", path, read=room)
        answer.entry["messages"] = len(answer.json["messages"]["chunk"])

    def sync(self, since=None, limit=None):
        wanted = "&filter=" + quoted(json.dumps({"room": {"timeline": {"limit": limit}}})) if limit else ""
        path = f"{API}/sync?timeout=0" + wanted + (f"&since={quoted(since)}" if since else "")
        answer = self.get("sync", path)
        rooms = answer.json.get("rooms", {}).get("join", {})
        answer.entry["messages"] = sum(len(room["timeline"]["events"]) for room in rooms.values())
        answer.entry["rooms"] = sum(bool(room["timeline"]["events"]) for room in rooms.values())
        return answer.json["next_batch"]

    def sliding_sync(self, timeline, position=None):
        path = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=0"
        body = {"lists": {"all": {"ranges": [[0, 99]], "required_state": [], "timeline_limit": timeline}}}
        answer = self.call("sliding_sync", "POST", path + (f"&pos={quoted(position)}" if position else ""), body)
        rooms = answer.json.get("rooms", {})
        answer.entry["messages"] = sum(len(room.get("timeline", ())) for room in rooms.values())
        answer.entry["rooms"] = sum(bool(room.get("timeline")) for room in rooms.values())
        return answer.json["pos"]

    def search(self, words, before=0, after=0):
        criteria = {"search_term": words, "order_by": "recent",
                    "event_context": {"before_limit": before, "after_limit": after}, "filter": {"limit": 100}}
        answer = self.call("search", "POST", API + "/search", {"search_categories": {"room_events": criteria}})
        results = answer.json["search_categories"]["room_events"]["results"]
        around = [result.get("context", {}) for result in results]
        answer.entry["messages"] = len(results) + sum(len(near.get("events_before", ())) + len(near.get("events_after", ()))
                                                      for near in around)
        answer.entry["rooms"] = len({result["result"]["room_id"] for result in results})

    def public_rooms(self):
        return [room["room_id"] for room in self.get("public_rooms", API + "/publicRooms?limit=100").json["chunk"]]

    # --- media ---------------------------------------------------------------------------------

    def download(self, uri, name="", headers=None, method="GET"):
        path = "/_matrix/client/v1/media/download/" + uri.removeprefix("mxc://") + name
        return self.ask("media", method, path, headers=headers)

    def download_of_old(self, uri, version="v3", headers=None, method="GET", name=""):
        path = f"/_matrix/media/{version}/download/" + uri.removeprefix("mxc://") + name
        return self.ask("media_legacy", method, path, headers=headers, named=False)

    def thumbnail(self, uri):
        path = "/_matrix/client/v1/media/thumbnail/" + uri.removeprefix("mxc://") + "?width=32&height=32&method=crop"
        return self.get("thumbnail", path)

    def thumbnail_of_old(self, uri):
        path = "/_matrix/media/r0/thumbnail/" + uri.removeprefix("mxc://") + "?width=32&height=32&method=crop"
        return self.get("thumbnail_legacy", path, named=False)

    # --- people --------------------------------------------------------------------------------

    def profile(self, user, field=""):
        return self.ask("profile_field" if field else "profile", "GET", f"{API}/profile/{quoted(user)}{field}",
                        named=names_profiles(self.server.version))

    def alias(self, alias):
        return self.ask("alias", "GET", f"{API}/directory/room/{quoted(alias)}", named=False)
