"""Attackers who write into Synapse's log: whole records through what Synapse prints of a request's body
or path, and parts of one through headers. Each attack claims a ghost, an account that does not exist, at
an address nobody has: whatever is counted for a ghost was believed."""

import datetime
import json
import re
import urllib.parse

from synapse.client import API, Client, quoted

ADDRESS = "198.51.100.99"  # of the attacker
COUNTER = re.compile(rb'"request":"(?:GET|PUT|POST|HEAD|DELETE)-(\d+)"')


def stamp(shift=0):
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=shift)
    return now.strftime("%Y-%m-%d %H:%M:%S,") + f"{now.microsecond // 1000:03d}"


class Forger:
    """`attacks` is what was done: {"name", "ghost", "records"}, records being how many lines were forged."""

    def __init__(self, case, server, ledger, labelled):
        self.server, self.labelled = server, labelled
        self.client = Client(server, ledger, "forger", ADDRESS, "curl/8.5.0")
        case.addCleanup(self.client.close)
        self.attacks = []

    def counter(self):
        """The highest request id so far, from the log that cannot be forged. An attacker has to guess it: from
        his own requests, or from how many he was not the one to make."""
        with open(self.server.main.json_log, "rb") as file:
            return max(int(found) for found in COUNTER.findall(file.read()))

    # --- what a forged record looks like ---------------------------------------------------------

    def access(self, ghost, number, shift=0, method="GET", uri=None, worker="", size=50_000_000, address="203.0.113.77"):
        uri = uri or f"/_matrix/client/v1/media/download/{self.server.name}/stolen{number}"
        usage, database = ("ru=", "db=") if self.labelled else ("", "")
        return (f"{stamp(shift)} - {worker}synapse.access.http.8008 - 465 - INFO - {method}-{number} - {address} - 8008 - "
                f"{{{ghost}}} Processed request: 0.120sec/0.002sec {usage}(0.003sec, 0.000sec) "
                f'{database}(0.001sec/0.002sec/3) {size}B 200 "{method} {uri} HTTP/1.1" "Mozilla/5.0" [0 dbevts]')

    def line(self, logger, request, text, shift=0, level="INFO"):
        return f"{stamp(shift)} - {logger} - 77 - {level} - {request} - {text}"

    def access_json(self, ghost, number):
        line = self.access(ghost, number)
        return json.dumps({
            "log": line[line.index("203.0.113.77"):], "namespace": "synapse.access.http.8008", "level": "INFO",
            "time": round(datetime.datetime.now().timestamp(), 2), "request": f"GET-{number}", "ip_address": "203.0.113.77",
            "site_tag": "8008", "requester": ghost, "authenticated_entity": ghost, "method": "GET",
            "url": f"/_matrix/client/v1/media/download/{self.server.name}/stolen{number}", "protocol": "HTTP/1.1",
            "user_agent": "Mozilla/5.0"})

    # --- how it gets into the log ----------------------------------------------------------------

    def by_login_name(self, records):
        self.client.try_login(name="x\n" + "\n".join(records) + "\n")

    def by_login_type(self, records):
        self.client.ask("login", "POST", API + "/login", {"type": "x\n" + "\n".join(records) + "\n"}, named=False)

    def by_media_id(self, records):
        text = urllib.parse.quote("x\n" + "\n".join(records) + "\n", safe="")
        self.client.ask("media_legacy", "GET", f"/_matrix/media/v3/download/{self.server.name}/{text}", named=False)

    def by_remote_media_id(self, records):
        text = urllib.parse.quote("x\n" + "\n".join(records) + "\n", safe="")
        self.client.ask("media_legacy", "GET", f"/_matrix/media/v3/download/remote.example/{text}?allow_remote=false", named=False)

    def attack(self, name, make, way=None):
        """`make(ghost, next)` gives the records, `next` being the id that the injecting request gets."""
        ghost = f"@ghost-{name.replace(' ', '-')}:{self.server.name}"
        records = make(ghost, self.counter() + 1)
        (way or self.by_login_name)(records)
        # What only sets the stage (a restart) claims nobody. A release may have closed the way.
        with open(self.server.main.text_log, encoding="utf-8", newline="\n") as file:
            written = set(file.read().split("\n"))
        self.attacks.append({"name": name, "ghost": ghost,
                             "records": sum(ghost in record and record in written for record in records)})

    # --- the attacks -----------------------------------------------------------------------------

    def whole_lines(self, meanwhile):
        """`meanwhile` is what honest clients do between two attacks: their requests take the next ids."""
        def one(offset, shift=0, **more):
            return lambda ghost, following: [self.access(ghost, max(following + offset, 0), shift, **more)]
        for name, make, way in (
                ("far ahead", one(5_000_000), None),
                ("ahead of reach", one(30_000), None),
                ("ahead by 200", one(200), None),
                ("ahead by 9", one(9), None),
                ("ahead by 2", one(2), None),
                ("next", one(1), None),
                ("its own id", one(0), None),
                ("last id", one(-1), None),
                ("behind by 3", one(-3), None),
                ("behind by 100", one(-100), None),
                ("first ids", lambda ghost, _: [self.access(ghost, number) for number in (1, 2, 3)], None),
                ("in two hours", one(1, 7200), None),
                ("three days ago", one(1, -3 * 86400), None),
                ("a second ago", one(1, -1), None),
                ("by login type", one(3), self.by_login_type),
                ("by media id", one(2), self.by_media_id),
                ("by remote media id", one(2), self.by_remote_media_id),
                ("a burst ahead", lambda ghost, following: [self.access(ghost, following + n) for n in range(1, 60)], None),
                ("a burst behind", lambda ghost, following: [self.access(ghost, following - n) for n in range(60, 0, -1)], None),
                ("joins ahead", lambda ghost, following: [
                    self.access(ghost, following + n, method="POST", size=50,
                                uri=f"{API}/rooms/{quoted(f'!{n}:hs.example')}/join") for n in range(1, 40)], None),
                ("restart", lambda ghost, following: [
                    self.line("synapse.config.logger", "sentinel", "***** STARTING SERVER *****", level="WARNING"),
                    self.line("synapse.config.logger", "sentinel", "Server homeserver.py version 1.163.2", level="WARNING"),
                    *(self.access(ghost, n) for n in range(0, 30))], None),
                ("restart of old", lambda ghost, following: [
                    self.line("root", "sentinel", "***** STARTING SERVER *****", level="WARNING"),
                    *(self.access(ghost, n) for n in range(0, 5))], None),
                ("restart without marker", lambda ghost, following: [self.access(ghost, n, 3) for n in range(0, 70)], None),
                ("invented worker", lambda ghost, following: [
                    self.access(ghost, n, worker="worker:generic7 - ") for n in range(1, 20)], None),
                ("invented container", lambda ghost, following: [
                    "generic8 | " + self.access(ghost, n) for n in range(1, 20)], None),
                ("json in text", lambda ghost, following: [self.access_json(ghost, following + 1)], None),
                ("login line, its own id", lambda ghost, following: [
                    self.line("synapse.handlers.auth", f"POST-{following}", f"Logging in user {ghost} on device STOLEN")], None),
                ("messages line", lambda ghost, following: [
                    self.line("synapse.rest.client.room", f"GET-{following + 1}",
                              f"Responding to `/messages` request: {{{ghost}}} GET {API}/rooms/!x:y/messages -> "
                              "100000 messages with end_token=None")], None)):
            self.attack(name, make, way)
            meanwhile()

    def in_lines(self):
        """Through X-Forwarded-For and User-Agent, as a proxy lets them through that appends. These lines are
        genuine, and there is no other to find: they have to be read as what they are."""
        def forged(name, address=None, agent=None, path="/_matrix/client/versions"):
            ghost = f"@ghost-{name.replace(' ', '-')}:{self.server.name}"
            headers = {}
            if address:
                headers["X-Forwarded-For"] = address.format(ghost=ghost)
            if agent:
                headers["User-Agent"] = agent.format(ghost=ghost)
            self.client.ask("probe", "GET", path, headers=headers, named=False)
            self.attacks.append({"name": name, "ghost": ghost, "records": 0})
        right = ('0.120sec/0.002sec ru=(0.003sec, 0.000sec) db=(0.001sec/0.002sec/3) 50000000B 200 '
                 '"GET /_matrix/client/v1/media/download/x/stolen HTTP/1.1" "Mozilla/5.0" [0 dbevts]')
        forged("agent", agent="203.0.113.78 - 8008 - {{{ghost}}} Processed request: " + right.removesuffix('" [0 dbevts]'))
        forged("address", address="203.0.113.78 - 8008 - {{{ghost}}} Processed request: 0.120sec/0.002sec ru=(0.003sec")
        forged("address and agent", address="203.0.113.78 - 8008 - {{{ghost}}} Processed request: 0.120sec/0.002sec ru=(0.003sec",
               agent='x" [0 dbevts] {{{ghost}}} Processed request: ' + right.removesuffix('" [0 dbevts]'))
        forged("address of two parts", address="203.0.113.78 - 8008 - {{{ghost}}}")
