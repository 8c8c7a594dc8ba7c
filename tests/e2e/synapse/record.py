"""Keeps what a run made: its logs and its ledger, where NOCI_RECORD names a folder. The captures of
tests/corpus were made like this; their README says how."""

import json
import os
import re

from harness import ROOT

# Of no use to anybody who counts requests, and many.
LEFT_OUT = ("synapse.storage", "synapse.federation.sender", "synapse.util", "synapse.metrics", "synapse.http.client",
            "synapse.replication.tcp", "synapse.notifier")
# In JSON: a login name full of forged lines, which are in the text log.
LONG = 3000
RECORD = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - (\S+) - \d+ - ")
JSON_RECORD = re.compile(rb'"namespace":"([^"]*)"')


def is_recording():
    return bool(os.environ.get("NOCI_RECORD"))


def record(name, server, ledger, attacks=(), with_json=True):
    if not is_recording():
        return
    folder = os.path.join(os.environ["NOCI_RECORD"], name)
    os.makedirs(folder, exist_ok=True)
    for log in [*server.text_logs, *(server.json_logs if with_json else ())]:
        with open(os.path.join(folder, os.path.basename(log)), "wb") as file:
            file.write(anonymous(log, server.folder))
    ledger.save(os.path.join(folder, "ledger.ndjson"))
    if attacks:
        with open(os.path.join(folder, "forgeries.ndjson"), "w") as file:
            file.writelines(json.dumps(attack) + "\n" for attack in attacks)


def anonymous(log, folder):
    """The log without the loggers left out, and as if Synapse had been installed by its package."""
    kept, keeps = [], True
    with open(log, "rb") as file:
        for line in file.read().split(b"\n"):
            match = JSON_RECORD.search(line) if line.startswith(b"{") else RECORD.match(line)
            if match:
                keeps = not match[1].decode().startswith(LEFT_OUT) and not (line.startswith(b"{") and len(line) > LONG)
            if keeps:
                kept.append(line)
    raw = b"\n".join(kept)
    if not raw.endswith(b"\n"):
        raw += b"\n"
    for path, instead in ((folder, "/var/lib/matrix-synapse"), (os.path.join(ROOT, "build"), "/opt/venvs")):
        raw = raw.replace(path.encode(), instead.encode())
    return raw
