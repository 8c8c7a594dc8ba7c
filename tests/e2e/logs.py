"""Synapse log lines as if written now: format `precise` of the text log, in UTC."""

import datetime
import time

AGENT = "Mozilla/5.0"


class TextLog:
    """Appends access lines to a file; request ids count up as Synapse's do."""

    def __init__(self, path):
        self.path = path
        self.sequence = 0
        open(path, "ab").close()

    def line(self, user, method, uri, status=200, size=100, address="192.0.2.1"):
        self.sequence += 1
        now = datetime.datetime.fromtimestamp(time.time(), datetime.timezone.utc)
        stamp = now.strftime("%Y-%m-%d %H:%M:%S,") + f"{now.microsecond // 1000:03d}"
        return (f"{stamp} - synapse.access.http.8008 - 465 - INFO - {method}-{self.sequence} - {address} - 8008 - "
                f"{{{user}}} Processed request: 0.010sec/0.001sec (0.002sec, 0.000sec) (0.001sec/0.002sec/3) "
                f'{size}B {status} "{method} {uri} HTTP/1.1" "{AGENT}" [0 dbevts]\n')

    def append(self, text):
        with open(self.path, "a") as file:
            file.write(text)

    def joins(self, user, count, first=0):
        """`count` joins of rooms of their own."""
        self.append("".join(self.line(user, "POST", f"/_matrix/client/v3/rooms/!room{first + n}:hs.example/join")
                            for n in range(count)))


def join_rule(limit=5, title="Rooms joined", more=""):
    """A rule with one limit: more than `limit` distinct rooms joined in ten minutes."""
    return f"""title: {title}
id: 11111111-2222-4333-8444-555555555555
status: test
level: high
description: An account joins many rooms.
logsource: {{product: synapse, service: access}}
detection:
  join: {{event.action: room_join}}
correlation:
  group-by: [user.id]
  limits:
    - {{name: rooms, type: value_count, select: join, field: matrix.room.id, timespan: 10m, condition: {{gt: {limit}}}}}
tests:
  - name: one too many
    events: [{{at: '2026-06-07T02:00:00Z', repeat: {limit + 1}, every: 1s, user.id: '@a:hs', event.action: room_join, matrix.room.id: '!r{{n}}:hs', http.response.status_code: 200}}]
    expect: [{{limit: rooms, at_event: {limit + 1}}}]
{more}"""
