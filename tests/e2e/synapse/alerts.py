"""Alerts from the logs of several processes against those from the one log that they make when merged."""

import datetime

from harness import json_lines, noci
from synapse.merge import merged

# Limits that ordinary clients of these tests break, so that there are alerts to compare.
LOW = """\
title: Low limits for one account
id: 7a3f3a4e-5a25-4d36-8a58-0f6a52b7d003
status: test
level: low
description: Alerts on what the clients of this test do.
logsource: {product: synapse, service: access}
detection:
  join: {event.action: room_join, event.outcome: success}
  page: {event.action: room_messages, event.outcome: success}
  file: {event.action: media_download, http.request.method: GET, http.response.status_code: 200}
correlation:
  group-by: [user.id]
  limits:
    - {name: joins, type: value_count, select: join, field: matrix.room.id, timespan: 10m, condition: {gt: 3}}
    - {name: pages, type: event_count, select: page, timespan: 10m, condition: {gt: 5}}
    - {name: files, type: value_count, select: file, field: matrix.media.id, timespan: 10m, condition: {gt: 4}}
tests:
  - {name: silent, events: [{at: '2026-06-07T02:00:00Z', user.id: '@a:hs', event.action: login}], expect: []}
"""
TITLE = LOW.split("\n", 1)[0].removeprefix("title: ")
# How far apart in time two runs may say the same: each process writes its own log.
LATENESS = datetime.timedelta(seconds=2)


def essence(payloads):
    """[((who, what became of it, which limits by how much), when)]: all that does not depend on how a log is split."""
    alerts = []
    for payload in payloads:
        data = payload.get("data", payload)
        if data["rule"]["title"] == TITLE:
            breached = tuple((limit["name"], limit["value"]) for limit in data["limits"] if limit["breached"])
            alerts.append(((data["entity"]["key"], data["status"], data["sequence"], breached),
                           datetime.datetime.fromisoformat(payload["timestamp"].replace("Z", "+00:00"))))
    return sorted(alerts)


def replayed(case, logs):
    rules = case.write("low/low.yaml", LOW).rsplit("/", 1)[0]
    done = noci("replay", "--rules", rules, "--timezone", "UTC", "--format", "jsonl", *logs)
    case.assertEqual(done.returncode, 0, done.stderr.decode())
    return essence(json_lines(done.stdout))


def check_against_one_log(case, logs, delivered=None):
    """The replayed alerts, and those `delivered` by webhook, are the merged log's. Gives (alerts, request numbers
    that several processes have used)."""
    text, collisions = merged(logs)
    case.assertGreater(collisions, 50)  # else there was nothing to get wrong
    wanted = replayed(case, [case.write("merged.log", text)])
    case.assertGreater(len(wanted), 5)
    for name, alerts in (("replayed", replayed(case, logs)), ("delivered", delivered)):
        if alerts is not None:
            with case.subTest(alerts=name):
                case.assertEqual([what for what, _ in alerts], [what for what, _ in wanted])
                for (what, at), (_, wanted_at) in zip(alerts, wanted):
                    case.assertLessEqual(abs(at - wanted_at), LATENESS, what)
    return len(wanted), collisions
