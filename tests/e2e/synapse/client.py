"""Clients of a homeserver that write down what they were given: the ledger of synapse_test.py."""

import hashlib
import hmac
import http.client
import json
import urllib.parse

from synapse.server import SERVER_NAME, SHARED_SECRET


def quoted(text):
    return urllib.parse.quote(text, safe="")


class Client:
    """One account at one address. What it took is in `joined`, `read`, `messages`, `media`."""

    def __init__(self, server, name, address, agent="Mozilla/5.0"):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.name = name
        self.user = f"@{name}:{SERVER_NAME}"
        self.headers = {"X-Forwarded-For": address, "X-Forwarded-Proto": "https", "User-Agent": agent}
        self.joined = set()
        self.read = set()
        self.messages = 0  # events in /messages chunks
        self.timeline = 0  # events in the timelines of /sync
        self.media = [0, 0]  # files, bytes
        self.body_bytes = 0
        self.requests = 0
        self.transaction = 0

    def ask(self, method, path, body=None, content_type="application/json"):
        """(status, bytes); everything that succeeded is in the books."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        self.connection.request(method, path, raw, {**self.headers, "Content-Type": content_type})
        answer = self.connection.getresponse()
        received = answer.read()
        # Synapse does not say whose a registration is; a login says so in a line of its own.
        if 200 <= answer.status < 300 and ("Authorization" in self.headers or path.endswith("/login")):
            self.requests += 1
            self.body_bytes += len(received)
        return answer.status, received

    def get(self, path):
        return self.call("GET", path)

    def call(self, method, path, body=None):
        status, received = self.ask(method, path, body)
        if status != 200:
            raise AssertionError(f"{self.user}: {method} {path}: {status} {received[:300]}")
        return json.loads(received)

    def register(self, admin=False):
        """By the shared secret: the admin API's protocol, an HMAC over a nonce and the account."""
        nonce = self.call("GET", "/_synapse/admin/v1/register")["nonce"]
        signed = "\0".join((nonce, self.name, "password", "admin" if admin else "notadmin"))
        mac = hmac.new(SHARED_SECRET.encode(), signed.encode(), hashlib.sha1).hexdigest()
        self.call("POST", "/_synapse/admin/v1/register",
                  {"nonce": nonce, "username": self.name, "password": "password", "admin": admin, "mac": mac})
        return self.login()

    def login(self):
        token = self.call("POST", "/_matrix/client/v3/login", {
            "type": "m.login.password", "identifier": {"type": "m.id.user", "user": self.name}, "password": "password",
        })["access_token"]
        self.headers["Authorization"] = f"Bearer {token}"
        return self

    def create_room(self, name):
        return self.call("POST", "/_matrix/client/v3/createRoom", {"name": name, "preset": "public_chat",
                                                                   "visibility": "public"})["room_id"]

    def send(self, room, content):
        self.transaction += 1
        self.call("PUT", f"/_matrix/client/v3/rooms/{quoted(room)}/send/m.room.message/t{self.transaction}", content)

    def upload(self, raw):
        status, received = self.ask("POST", "/_matrix/media/v3/upload?filename=file.bin", raw, "application/octet-stream")
        if status != 200:
            raise AssertionError(f"upload: {status} {received[:300]}")
        return json.loads(received)["content_uri"]

    def public_rooms(self):
        return [room["room_id"] for room in self.get("/_matrix/client/v3/publicRooms?limit=100")["chunk"]]

    def join(self, room):
        self.call("POST", f"/_matrix/client/v3/rooms/{quoted(room)}/join", {})
        self.joined.add(room)

    def page_through(self, room, limit, pages=1000):
        """/messages backwards, to the first event or for so many pages; returns media found."""
        found, token = [], ""
        for _ in range(pages):
            page = self.get(f"/_matrix/client/v3/rooms/{quoted(room)}/messages?dir=b&limit={limit}{token}")
            self.read.add(room)
            self.messages += len(page["chunk"])
            found += [event["content"]["url"] for event in page["chunk"] if "url" in event["content"]]
            if "end" not in page:
                break
            token = "&from=" + quoted(page["end"])
        return found

    def download(self, uri):
        status, received = self.ask("GET", "/_matrix/client/v1/media/download/" + uri.removeprefix("mxc://"))
        if status != 200:
            raise AssertionError(f"download {uri}: {status} {received[:300]}")
        self.media[0] += 1
        self.media[1] += len(received)

    def sync(self, since=None):
        answer = self.get("/_matrix/client/v3/sync?timeout=0" + (f"&since={quoted(since)}" if since else ""))
        rooms = answer.get("rooms", {}).get("join", {})
        self.timeline += sum(len(room["timeline"]["events"]) for room in rooms.values())
        return answer["next_batch"]
