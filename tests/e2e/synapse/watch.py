"""noci beside a real Synapse: what its daemon and its report say, in the ledger's words."""

import json
import os
import time

from harness import Daemon, json_lines, noci, wait_for
from synapse.client import Client

SPAN = "24h"
GOOD_BYE = "versions"  # a request of no interest
HELD = 2.5  # seconds: longer than a line of a mixed log waits to be judged
# One rule per kind of key whose limits nobody reaches: `noci why` shows its windows.
LIMITS = """\
    - {{name: joined, type: value_count, select: join, field: matrix.room.id, timespan: {span}, condition: {{gt: 9000}}}}
    - {{name: read, type: value_count, select: reading, field: matrix.room.id, timespan: {span}, condition: {{gt: 9000}}}}
    - {{name: messages, type: value_sum, select: reading, field: matrix.messages, timespan: {span}, condition: {{gt: 900000}}}}
    - {{name: files, type: event_count, select: file, timespan: {span}, condition: {{gt: 9000}}}}
    - {{name: file_bytes, type: value_sum, select: file, field: http.response.body.bytes, timespan: {span}, condition: {{gt: 900GiB}}}}
    - {{name: profiles, type: event_count, select: profile, timespan: {span}, condition: {{gt: 9000}}}}
    - {{name: logins, type: event_count, select: login, timespan: {span}, condition: {{gt: 9000}}}}
"""
RULE = """\
title: What one {key} took
id: {id}
status: test
level: low
description: Counts for the comparison with the ledger and alerts on nothing.
logsource: {{product: synapse, service: access}}
detection:
  join: {{event.action: room_join, event.outcome: success}}
  reading:
    event.action: [room_messages, room_context, room_relations, room_threads, room_event, room_initial_sync, admin_room_messages, admin_room_context]
    event.outcome: success
    http.request.method: GET
  file: {{event.action: [media_download, media_download_legacy], http.response.status_code: 200, http.request.method: GET, event.outcome: success}}
  profile: {{event.action: [profile, profile_field], event.outcome: success}}
  login: {{event.action: login, event.outcome: success}}
correlation:
  group-by: [{key}]
  limits:
{limits}tests:
  - {{name: silent, events: [{{at: '2026-06-07T02:00:00Z', {key}: '{example}', event.action: login}}], expect: []}}
"""
COUNTED = (("user.id", "7a3f3a4e-5a25-4d36-8a58-0f6a52b7d001", "@a:hs"),
           ("source.ip", "7a3f3a4e-5a25-4d36-8a58-0f6a52b7d002", "192.0.2.1"))


def say_good_bye(server, ledger):
    """A last request to each process, of a time later than all that noci holds back then: so the logs end
    with nothing of interest, and who sees these requests has seen all others."""
    begin = time.time()
    wait_for("the time of the log goes on", lambda: abs(time.time() - begin) > HELD)
    for port in server.client_ports():
        client = Client(server, ledger, "passer-by", "192.0.2.252")
        client.port = port
        client.get(GOOD_BYE, "/_matrix/client/versions")
        client.close()


class Logs:
    """The logs of one format, one or one of each process."""

    def __init__(self, case, name, logs):
        self.case, self.name, self.logs = case, name, logs

    def report(self, by):
        """{key: row} of all logs together."""
        done = noci("report", "--by", by, "--format", "jsonl", "--timezone", "UTC", *self.logs)
        self.case.assertEqual(done.returncode, 0, done.stderr.decode())
        return {row["key"]: row for row in json_lines(done.stdout)}

    def explained(self):
        """Every record as an event."""
        done = noci("explain", "--format", "jsonl", "--timezone", "UTC", *self.logs)
        self.case.assertEqual(done.returncode, 0, done.stderr.decode())
        return json_lines(done.stdout)


class Watch(Logs):
    """A daemon over the logs of one format, one source a log."""

    def __init__(self, case, name, logs, webhooks=(), rules=()):
        super().__init__(case, name, logs)
        sources = [{"name": os.path.basename(log), "paths": [log], "timezone": "UTC", "start_at": "beginning"}
                   for log in logs]
        for log in logs:
            open(log, "ab").close()
        self.daemon = Daemon(case, sources, webhooks)
        for key, identity, example in COUNTED:
            path = os.path.join(self.daemon.folder, "rules.d", key + ".yaml")
            with open(path, "w") as file:
                file.write(RULE.format(key=key, id=identity, example=example, limits=LIMITS.format(span=SPAN)))
        for number, rule in enumerate(rules):
            with open(os.path.join(self.daemon.folder, "rules.d", f"rule{number}.yaml"), "w") as file:
                file.write(rule)
        self.daemon.start()

    def catch_up(self, ledger):
        """Everything before say_good_bye() is read, judged and counted."""
        asked = sum(entry["did"] == GOOD_BYE for entry in ledger.entries)
        size = sum(os.path.getsize(log) for log in self.logs)

        def is_counted():
            metrics = self.daemon.metrics()  # all of one instant

            def total(name, **labels):
                return sum(value for have, value in metrics.get(name, ()) if labels.items() <= have.items())
            return (total("noci_events_total", action=GOOD_BYE) >= asked and total("noci_source_bytes_total") >= size
                    and total("noci_custody_lines") == 0)
        wait_for(f"{self.name}: all of the log is counted", is_counted)

    def why(self, key):
        """{limit: value} of the counting rules for this account or address."""
        done = noci("why", "--config", self.daemon.config, "--format", "json", key)
        self.case.assertEqual(done.returncode, 0, done.stderr.decode())
        ours = {identity for _, identity, _ in COUNTED}
        return {limit["name"]: limit["value"] for rule in json.loads(done.stdout)["rules"] if rule["id"] in ours
                for limit in rule["limits"]}


def noci_version():
    return noci("--version").stdout.decode().split()[-1]
