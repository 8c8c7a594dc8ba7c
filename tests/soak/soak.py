"""The long form of promises 1 to 6: see tests/soak/run. A writer keeps the truth of what it wrote; in the
end noci must know exactly that of every account, and the receiver must have one alert for each attacker."""

import argparse
import collections
import gzip
import http.server
import json
import os
import random
import resource
import shutil
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from harness import Case, Daemon, wait_for  # noqa: E402
from logs import join_rule  # noqa: E402

LEDGER = """title: Ledger
id: {id}
status: test
level: low
description: Counts everything; its limits are out of reach.
logsource: {{product: synapse, service: access}}
detection:
  counted: {{event.action|exists: true}}
correlation:
  group-by: [{field}]
  limits:
    - {{name: requests, type: event_count, select: counted, timespan: 24h, condition: {{gt: {limit}}}}}
    - {{name: bytes, type: value_sum, select: counted, field: http.response.body.bytes, timespan: 24h, condition: {{gt: 1000000000000}}}}
"""
# Of so many accounts what noci knows is compared with the truth, besides the sum over all.
LOOKED_AT = 2000
# Rotated files that are kept: some ten minutes, which noci must not fall behind.
KEPT = 30
REQUESTS = (("GET", "/_matrix/client/v3/sync?timeout=30000"), ("POST", "/_matrix/client/v3/keys/query"),
            ("GET", "/_matrix/client/v3/account/whoami"))
RECORD = ('{{"log":"{a} - 8008 - {{{u}}} Processed request: 0.014sec/0.003sec (0.000sec, 0.001sec) '
          '(0.003sec/0.004sec/1) {b}B 200 \\"{m} {p} HTTP/1.1\\" \\"x\\" [0 dbevts]",'
          '"namespace":"synapse.access.http.8008","level":"INFO","time":{t:.3f},"request":"{m}-{n}",'
          '"ip_address":"{a}","site_tag":"8008","requester":"{u}","authenticated_entity":"{u}","method":"{m}",'
          '"url":"{p}","protocol":"HTTP/1.1","user_agent":"x","server_name":"hs.example"}}\n')


class Writer(threading.Thread):
    """Synapse: `rate` lines a second, an attacker every few seconds, a rotation now and then."""

    def __init__(self, path, rate, accounts, until):
        super().__init__(daemon=True)
        self.path, self.rate, self.accounts, self.until = path, rate, accounts, until
        self.random = random.Random(7)
        self.requests, self.sums = collections.Counter(), collections.Counter()
        self.lines = self.rotations = 0
        self.attackers = []
        self.file = open(path, "ab", buffering=0)

    def record(self, number, user, method, path, size):
        """Everybody has an address at home and one on the way: nothing that a shipped rule would tell."""
        self.lines += 1
        self.requests[user] += 1
        self.sums[user] += size
        address = f"10.{number >> 7 & 255}.{self.lines & 1}.{number & 127}"
        return RECORD.format(a=address, u=user, b=size, m=method, p=path, t=time.time(), n=self.lines)

    def request(self):
        number = int(self.random.random() ** 2 * self.accounts)
        return self.record(number, f"@u{number}:hs.example", *self.random.choice(REQUESTS), self.random.randrange(1, 5000))

    def attack(self):
        number = len(self.attackers)
        user = f"@attacker{number}:hs.example"
        self.attackers.append(user)
        return [self.record(number, user, "POST", f"/_matrix/client/v3/join/!a{n}:hs.example", 40) for n in range(8)]

    def rotate(self):
        """As logrotate with `create`, and the fourth file is packed."""
        self.file.close()
        for number in range(KEPT, 0, -1):
            for ending in ("", ".gz"):
                old = f"{self.path}.{number}{ending}"
                if number == KEPT and os.path.exists(old):
                    os.unlink(old)
                elif os.path.exists(old):
                    os.rename(old, f"{self.path}.{number + 1}{ending}")
        os.rename(self.path, self.path + ".1")
        self.file = open(self.path, "ab", buffering=0)
        self.rotations += 1
        packed = self.path + ".4"
        if os.path.exists(packed):
            with open(packed, "rb") as plain, gzip.open(packed + ".part", "wb", 1) as out:
                shutil.copyfileobj(plain, out)
            os.rename(packed + ".part", packed + ".gz")
            os.unlink(packed)

    def run(self):
        begun = time.monotonic()
        attack_at, rotate_at = begun + 5, begun + 20
        while (now := time.monotonic()) < self.until:
            count = min(int((now - begun) * self.rate) - self.lines, self.rate)
            batch = [self.request() for _ in range(count)]
            if now > attack_at:
                attack_at = now + self.random.uniform(2, 8)
                batch += self.attack()
            raw = "".join(batch).encode()
            cut = self.random.randrange(len(raw) + 1)
            self.file.write(raw[:cut])
            self.file.write(raw[cut:])
            if now > rotate_at:
                rotate_at = now + self.random.uniform(10, 30)
                self.rotate()
            time.sleep(0.05)
        self.file.close()


class Receiver:
    """Takes most of what comes. Sometimes it fails, and sometimes it takes and says nothing."""

    def __init__(self):
        self.random = random.Random(11)
        self.taken, self.again, self.refused = {}, 0, 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                luck = receiver.random.random()
                if luck < 0.05:
                    receiver.refused += 1
                    self.send_error(503)
                    return
                event = self.headers["webhook-id"]
                receiver.again += event in receiver.taken
                receiver.taken.setdefault(event, json.loads(body)["data"])
                if luck > 0.03 + 0.05:
                    self.send_response(204)
                    self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def webhook(self):
        return {"name": "soak", "url": f"http://127.0.0.1:{self.server.server_address[1]}/", "timeout": "5s",
                "rate": {"alerts": 0}}


class Soak(Case):
    def runTest(self):
        os.mkdir(self.path("logs"))
        log = self.path("logs/homeserver.json.log")
        until = time.monotonic() + OPTIONS.minutes * 60
        self.writer = Writer(log, OPTIONS.rate, OPTIONS.accounts, until)
        self.receiver = Receiver()
        source = {"name": "synapse", "paths": [log], "format": "json", "start_at": "beginning"}
        self.daemon = Daemon(self, [source], [self.receiver.webhook()],
                             extra={"state": {"dir": self.path("state")}})
        self.rules = self.daemon.settings["rules"]["extra_dir"]
        self.write(os.path.join(self.rules, "joins.yaml"), join_rule())
        self.reloads = self.kills = 0
        self.memory = []  # (second, life, MiB)
        self.reload(tell=False)
        self.daemon.start()
        wait_for("the first commit", lambda: self.daemon.metric("noci_commits_total") > 0)
        self.writer.start()
        self.live_until(until)
        self.writer.join()
        self.judge(*self.settle())

    def reload(self, tell=True):
        for field, digit in (("user.id", "1"), ("matrix.homeserver", "2")):
            self.write(os.path.join(self.rules, field + ".yaml"),
                       LEDGER.format(field=field, id=f"{digit * 8}-1111-4222-8333-444444444444", limit=10 ** 9 + self.reloads))
        if tell:
            self.daemon.signal(signal.SIGHUP)
            self.reloads += 1

    def live_until(self, until):
        luck = random.Random(5)
        begun = time.monotonic()
        kill_at = begun + luck.expovariate(1 / OPTIONS.kill_every)
        reload_at, tell_at = begun + 15, begun + 60
        while (now := time.monotonic()) < until:
            self.measure(now - begun)
            if now > reload_at and self.daemon.get("/healthz")[0] == 200:
                self.reload()
                reload_at = now + luck.uniform(10, 40)
            if kill_at is None and (self.daemon.get("/metrics")[0] == 200 or luck.random() < 0.02):
                kill_at = now + luck.expovariate(1 / OPTIONS.kill_every)
            if kill_at and now > kill_at:
                self.daemon.kill()
                self.kills += 1
                time.sleep(luck.choice((0, 0, 0.2, 2)))
                self.daemon.start(wait=False)
                kill_at = None  # counts from when it runs, most times: a machine may take long to start it
            if now > tell_at:
                tell_at = now + 60
                print(f"{(now - begun) / 60:.0f} min: {self.writer.lines} lines, {self.kills} kills, "
                      f"{len(self.writer.attackers)} attackers, {len(self.receiver.taken)} events, "
                      f"{self.memory[-1][2]:.0f} MiB", flush=True)
            time.sleep(0.25)
            self.assertIsNone(self.daemon.process.poll(), self.daemon.log()[-2000:])

    def measure(self, second):
        with open(f"/proc/{self.daemon.process.pid}/statm") as file:
            self.memory.append((second, self.kills, int(file.read().split()[1]) * resource.getpagesize() / 2 ** 20))

    def settle(self):
        """The truth and what noci knows, once all is read."""
        wait_for("noci is ready", lambda: self.daemon.get("/metrics")[0] == 200)
        wait_for("noci has looked", lambda: self.daemon.ask(ask="status")["sources"])
        wait_for("all is read", lambda: self.daemon.ask(ask="status")["sources"][0]["behind_bytes"] == 0, 600)
        wait_for("all is delivered", lambda: self.daemon.metric("noci_outbox_pending") == 0, 1800)
        known, sums = collections.Counter(), collections.Counter()
        self.writer.requests["hs.example"], self.writer.sums["hs.example"] = self.writer.lines, sum(self.writer.sums.values())
        users = [*random.Random(3).sample(sorted(self.writer.requests), min(LOOKED_AT, len(self.writer.requests))),
                 *self.writer.attackers, "hs.example"]
        self.looked_at = set(users)
        for user in self.looked_at:
            for rule in self.daemon.ask(ask="why", key=user)["rules"]:
                if rule["title"] == "Ledger":
                    known[user], sums[user] = (limit["value"] for limit in rule["limits"])
        return known, sums

    def judge(self, known, sums):
        truth = collections.Counter({user: self.writer.requests[user] for user in self.looked_at})
        lost, twice = truth - known, known - truth
        differ = sum(sums[user] != self.writer.sums[user] for user in self.looked_at)
        firing = collections.Counter(data["entity"]["key"] for data in self.receiver.taken.values()
                                     if data["rule"]["title"] == "Rooms joined" and data["sequence"] == 1)
        order = collections.defaultdict(list)
        for data in self.receiver.taken.values():
            order[data["alert_id"]].append(data["sequence"])
        unordered = sum(numbers != list(range(1, len(numbers) + 1)) for numbers in order.values())
        quarter = self.memory[-1][0] / 4
        first, last = ([mib for second, _, mib in self.memory if part * quarter <= second < (part + 1) * quarter]
                       for part in (1, 3))
        alerts_lost = sum(firing[user] == 0 for user in self.writer.attackers)
        alerts_twice = sum(firing[user] > 1 for user in self.writer.attackers)
        losses = self.daemon.metric("noci_source_losses_total")
        self.assertEqual(self.daemon.stop(), 0)
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"minutes {OPTIONS.minutes:g}\nlines {self.writer.lines} ({self.writer.lines / OPTIONS.minutes / 60:.0f}/s)\n"
              f"kills {self.kills}\nreloads {self.reloads}\nrotations {self.writer.rotations}\n"
              f"accounts {len(self.writer.requests) - 1}, {len(self.looked_at) - 1} of them compared one by one\nlines lost {sum(lost.values())}\nlines twice {sum(twice.values())}\n"
              f"accounts whose bytes differ {differ}\nattackers {len(self.writer.attackers)}\n"
              f"alerts lost {alerts_lost}\nalerts twice {alerts_twice}\nepisodes out of order {unordered}\n"
              f"events {len(self.receiver.taken)}, {self.receiver.again} of them again, {self.receiver.refused} refused at first\n"
              f"memory: peak {max(mib for _, _, mib in self.memory):.0f} MiB, mean of the second quarter "
              f"{sum(first) / len(first):.0f}, of the last {sum(last) / len(last):.0f}\n"
              f"cpu {usage.ru_utime + usage.ru_stime:.0f} s", flush=True)
        self.assertEqual((sum(lost.values()), sum(twice.values()), differ, alerts_lost, alerts_twice, unordered, losses),
                         (0,) * 7)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="tests/soak/run")
    parser.add_argument("minutes", type=float)
    parser.add_argument("--rate", type=int, default=5000, help="lines a second")
    parser.add_argument("--kill-every", type=float, default=60, help="seconds, in the mean")
    parser.add_argument("--accounts", type=int, default=20_000)
    OPTIONS = parser.parse_args()
    import unittest
    result = unittest.TextTestRunner(verbosity=1).run(Soak())
    sys.exit(not result.wasSuccessful())
