"""The simulator piped through `noci replay`: one theft, or a population that has none."""

import calendar
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
NOCI = os.environ.get("NOCI", os.path.join(ROOT, "build", "release", "noci"))
SIM = os.environ.get("NOCI_SIM", os.path.join(ROOT, "build", "sim", "noci_sim"))
RULES = os.environ.get("NOCI_RULES", os.path.join(ROOT, "rules"))
LIMITS = os.environ.get("NOCI_LIMITS")  # a file of `noci tune --write` instead of the rules' own numbers
WARM_UP_DAYS = 3
BEGINNING = 1780272000  # 2026-06-01T00:00:00Z, as the simulator has it

# What the operator of this homeserver knows and docs/operations.md asks for: who the bots are, and
# which addresses are an office's or a VPN's.
OPERATOR_LISTS = {
    "exempt_accounts.txt": ['@draupnir:hs.example reason="moderation"', '@archive:hs.example reason="archive"',
                            '@telegrambot:hs.example reason="bridge"', '@telegram_*:hs.example reason="bridge"',
                            '@ops:hs.example reason="nightly script"'],
    "shared_addresses.txt": ['10.0.0.9 reason="bots and bridges"', '127.0.0.1 reason="scripts"',
                             '81.80.12.* reason="offices"', '185.220.40.* reason="VPN"']
                            + [f'81.{second}.12.* reason="offices"' for second in range(81, 180)],
}

EXEMPT = ("@draupnir:hs.example", "@archive:hs.example", "@telegrambot:hs.example", "@ops:hs.example", "10.0.0.9")


def build():
    """The simulator, optimised. The release binary is built by tests/e2e/release_build."""
    if "NOCI_SIM" in os.environ:
        return
    folder = os.path.join(ROOT, "build", "sim")
    log = subprocess.DEVNULL
    subprocess.run(["cmake", "-S", os.path.join(ROOT, "tests", "sim"), "-B", folder, "-G", "Ninja"], check=True, stdout=log)
    subprocess.run(["cmake", "--build", folder], check=True, stdout=log)


class Lists:
    """The shipped lists with the operator's own entries, in a folder that goes when it ends."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="noci-detect-")
        shipped = os.path.join(RULES, "lists")
        for name in sorted(set(os.listdir(shipped)) | set(OPERATOR_LISTS)):
            lines = []
            if os.path.exists(os.path.join(shipped, name)):
                with open(os.path.join(shipped, name), encoding="utf-8") as file:
                    lines = file.read().splitlines()
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write("\n".join(lines + OPERATOR_LISTS.get(name, [])) + "\n")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)


def shapes():
    """(name, days, share) of each shape that the simulator knows."""
    said = subprocess.run([SIM, "--shapes"], check=True, capture_output=True, text=True).stdout
    return [(name, float(days), float(share)) for name, days, share in (line.split() for line in said.splitlines())]


class Alert:
    """What is asked of one here."""

    def __init__(self, payload, rules):
        data = payload["data"]
        self.at = seconds(payload["timestamp"])
        self.status, self.level = data["status"], data["level"]
        self.rule = rules.get(data["rule"]["id"], data["rule"]["title"])
        self.limits = [limit["name"] for limit in data["limits"] if limit.get("breached", True)]
        self.kind, self.key = data["entity"]["kind"], data["entity"]["key"]
        self.members = {member["key"] for member in data["entity"]["members"]}
        self.top = {field: [row[0] for row in rows] for field, rows in data["evidence"]["top"].items()}

    def notifies(self):
        """Opens or gets worse, at a level of which people are told."""
        return self.status in ("firing", "escalated") and self.level in ("medium", "high", "critical")


def rule_names():
    """Rule id to the name of its file."""
    names = {}
    for path in glob.glob(os.path.join(RULES, "*.yaml")):
        with open(path, encoding="utf-8") as file:
            names[re.search(r"^id: *(\S+)", file.read(), re.MULTILINE)[1]] = os.path.basename(path)[:-5]
    return names


def alerts_of(lists, arguments):
    """Every alert that the shipped rules give for the log that the simulator writes so."""
    rules = rule_names()
    sim = subprocess.Popen([SIM, *arguments], stdout=subprocess.PIPE)
    noci = subprocess.Popen([NOCI, "replay", "--rules", RULES, "--lists", lists.folder, "--timezone", "UTC",
                             *(["--limits", LIMITS] if LIMITS else []), "--format", "jsonl", "-"], stdin=sim.stdout, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
    sim.stdout.close()
    faults = []
    reader = threading.Thread(target=lambda: faults.append(noci.stderr.read()))
    reader.start()
    try:
        for line in noci.stdout:
            yield Alert(json.loads(line), rules)
    finally:
        noci.stdout.close()
        reader.join()
        ended = noci.wait(), sim.wait()
    if ended[0] != 0 or ended[1] != 0:
        raise RuntimeError(f"noci replay ended with {ended[0]}, the simulator with {ended[1]}: {faults[0][-2000:]}")


def seconds(timestamp):
    """RFC 3339, UTC, to seconds since 1970."""
    date, clock = timestamp.rstrip("Z").split("T")
    whole, _, fraction = clock.partition(".")
    parts = [int(part) for part in date.split("-") + whole.split(":")]
    return calendar.timegm((*parts, 0, 0, 0)) + float("0." + (fraction or "0"))
