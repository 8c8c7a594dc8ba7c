"""The bundled capture and its ledger, and copies of it that happened just now."""

import json
import os
import sys
import time

from harness import ROOT

FOLDER = os.path.join(ROOT, "tests", "corpus", "synapse-v1.98.0")
TEXT = os.path.join(FOLDER, "homeserver.log")
JSON = os.path.join(FOLDER, "homeserver.json.log")

sys.path.insert(0, os.path.join(ROOT, "packaging", "try.d"))
import play  # noqa: E402  the player of packaging/try


def truth():
    with open(os.path.join(FOLDER, "truth.json")) as file:
        return json.load(file)


def requests():
    with open(os.path.join(FOLDER, "requests-data.ndjson")) as file:
        return [json.loads(line) for line in file]


def recent_records():
    """The text capture's records as bytes, moved so that the last one was written just now: the
    daemon does not believe stamps far from a line's arrival."""
    records = play.Capture(TEXT)
    return [raw for _, raw in records.restamped(round(time.time()) - records.end)]


def comparable(payload):
    """What two runs over the same records must agree on: not ids made from the store's own, not
    the machine, not how a source is called, and not whether one of them was catching up."""
    data = payload["data"]
    evidence = dict(data["evidence"], samples=[{key: value for key, value in sample.items() if key != "source"}
                                               for sample in data["evidence"]["samples"]])
    left_out = ("alert_id", "event_id", "node", "late", "evidence")
    return {"type": payload["type"], "timestamp": payload["timestamp"], "evidence": evidence,
            **{key: value for key, value in data.items() if key not in left_out}}


def sorted_alerts(payloads):
    """Alerts of different rules at one instant may be delivered in either order."""
    return sorted((comparable(payload) for payload in payloads),
                  key=lambda alert: (alert["timestamp"], alert["rule"]["id"], alert["entity"]["key"], alert["sequence"]))
