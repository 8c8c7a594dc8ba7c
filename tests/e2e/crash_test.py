"""Promises 1 and 2: kill -9 at any moment and at every step of a commit loses nothing and doubles nothing.
Two daemons follow one growing, rotating log; one is killed again and again, the other never. In the end a
receiver that tells events by `webhook-id` has the same alerts from both, each episode's in order, and both
know the same of every account and address. `--lives N` is the long form: so many lives instead of a few."""

import os
import random
import signal
import sys
import time

import capture
from faults import SHIM, fault
from harness import Case, Daemon, main, wait_for
from inbox import Inbox

LIVES = 9
STEPS = (1, 4, 11, 19, 33)  # at which disk call of its life a daemon dies

# What is counted of everybody: windows longer than the test, so that it does not matter when one asks.
LEDGER = """title: Ledger by {field}
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
    - {{name: requests, type: event_count, select: counted, timespan: 24h, condition: {{gt: 1000000000}}}}
    - {{name: bytes, type: value_sum, select: counted, field: http.response.body.bytes, timespan: 24h, condition: {{gt: 1000000000000}}}}
    - {{name: paths, type: value_count, select: counted, field: url.path, timespan: 24h, condition: {{gt: 100000}}}}
"""


def pauses(records):
    """Where a writer may be silent for seconds: not inside a record that forged ones ride in (their stamps run
    ahead), which Synapse writes in a moment. Custody rightly waits no longer than that for its end."""
    places, newest = {len(records)}, b""
    for number, record in enumerate(records):
        stamp = record[:len("2026-06-07 02:00:00,000")]
        if stamp >= newest:
            places.add(number)
            newest = stamp
    return places


class Crash(Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(4)
        self.records = capture.recent_records()
        self.pauses = pauses(self.records)
        self.at = 0
        self.logs = 0
        self.written = 0
        os.mkdir(self.path("logs"))
        self.log = self.path("logs/homeserver.log")
        self.inbox, self.calm_inbox = Inbox(self), Inbox(self)
        self.daemon = self.new_daemon(self.inbox)
        self.calm = self.new_daemon(self.calm_inbox)
        self.append(1)
        self.calm.start()
        # Where reading began is part of the first commit; nothing is known of a log before it.
        self.daemon.start()
        wait_for("the first commit", lambda: self.daemon.metric("noci_commits_total") > 0)
        self.daemon.kill()

    def new_daemon(self, inbox):
        source = {"name": "homeserver.log", "paths": [self.log], "timezone": "UTC", "start_at": "beginning"}
        # The capture is older than its arrival, which would be told, by each life anew.
        daemon = Daemon(self, [source], [inbox.webhook()], extra={"health": {"alerts": False}})
        for field, digit in (("user.id", "1"), ("source.ip", "2")):
            self.write(os.path.join(daemon.settings["rules"]["extra_dir"], f"{field}.yaml"),
                       LEDGER.format(field=field, id=f"{digit * 8}-1111-4222-8333-444444444444"))
        return daemon

    def append(self, count):
        """So many records; sometimes the end of a piece falls into a line, and its rest comes a moment later."""
        raw = b"".join(self.records[self.at:self.at + count])
        self.at += count
        cut = self.random.randrange(len(raw)) if raw and self.random.random() < 0.5 else len(raw)
        for piece in (raw[:cut], raw[cut:]):
            with open(self.log, "ab") as file:
                file.write(piece)
            self.written += len(piece)

    def rotate(self):
        for number in range(self.logs, 0, -1):
            os.rename(f"{self.log}.{number}", f"{self.log}.{number + 1}")
        os.rename(self.log, self.log + ".1")
        self.logs += 1
        self.append(1)

    def live(self, budget, moment, environment):
        """One life: appends `budget` records in small pieces and is killed at `moment` of them, or where the
        environment lets it die; tells whether it did."""
        self.daemon.environment = environment
        self.daemon.start(wait=False)
        step = max(1, budget // 20)
        end = min(self.at + budget, len(self.records))
        while end not in self.pauses:
            end += 1
        deadline = time.monotonic() + 20
        while self.daemon.process.poll() is None and time.monotonic() < deadline:
            if self.at < end:
                self.append(min(step, end - self.at))
            elif not environment:
                break
            time.sleep(moment / 20)
        fell = self.daemon.process.poll() is not None
        self.daemon.kill()
        if self.at < end:
            self.append(end - self.at)
        return fell

    def knowledge(self, daemon):
        """What a daemon says of everybody, by key."""
        told = {}
        for key in sorted({request[name] for request in capture.requests() for name in ("user", "ip")} - {None}):
            told[key] = {rule["title"]: [(limit["name"], limit["value"]) for limit in rule["limits"]]
                         for rule in daemon.ask(ask="why", key=key)["rules"] if rule["title"].startswith("Ledger")}
        return told

    def test_killed_at_random_moments_and_at_each_step(self):
        plans = [(self.random.random(), {}) for _ in range(LIVES - len(STEPS))]
        if SHIM:
            plans += [(1, fault("tear" if step % 2 else "kill", "write,sync,truncate,remove", "noci.db", step))
                      for step in (STEPS if LIVES < 10 else range(1, LIVES // 2))]
        self.random.shuffle(plans)
        budget = len(self.records) // (len(plans) + 1)
        fallen = 0
        for number, (moment, environment) in enumerate(plans):
            fallen += self.live(budget, moment, environment)
            self.assertEqual(self.daemon.process.returncode, -signal.SIGKILL, self.daemon.log()[-3000:])
            if number % 5 == 2:
                self.rotate()  # while nobody looks
        self.append(len(self.records) - self.at)
        self.daemon.environment = {}
        self.daemon.start()
        for daemon in (self.calm, self.daemon):
            wait_for("everything is read", lambda: daemon.metric("noci_source_bytes_total") > 0
                     and daemon.ask(ask="status")["sources"][0]["behind_bytes"] == 0)
        expected = self.calm_inbox.wait_for(1)
        self.assertEqual(self.knowledge(self.daemon), self.knowledge(self.calm))
        for daemon in (self.calm, self.daemon):
            wait_for("everything is delivered", lambda: daemon.metric("noci_outbox_pending") == 0)
            self.assertEqual(daemon.metric("noci_source_losses_total"), 0)
            self.assertEqual(daemon.stop(), 0, daemon.log()[-3000:])
        expected, taken = self.calm_inbox.taken(), self.inbox.taken()
        self.assertEqual(capture.sorted_alerts(taken), capture.sorted_alerts(expected))
        self.assertTrue(any(alert["data"]["level"] == "critical" for alert in taken), "the attacker is seen")
        order = {}
        for payload in taken:
            order.setdefault(payload["data"]["alert_id"], []).append(payload["data"]["sequence"])
        for alert, sequences in order.items():
            self.assertEqual(sequences, list(range(1, len(sequences) + 1)), alert)
        print(f"{len(plans) + 1} kills, {fallen} of them at a disk call; {self.written} bytes, {len(taken)} alerts, "
              f"{len(self.inbox.requests) - len(taken)} sent again; lost 0, twice 0", flush=True)


if __name__ == "__main__":
    if "--lives" in sys.argv:
        place = sys.argv.index("--lives")
        LIVES = int(sys.argv[place + 1])
        del sys.argv[place:place + 2]
    main()
