"""What noci is held against: commands over the same log, and whether each computed what it was asked
for. A peer that is not installed is skipped, and the table says so."""

import json
import os
import re
import shutil
import socket
import subprocess

MAWK = r"""
/Processed request: / {
  line = $0; sub(/.* - \{/, "", line); who = line; sub(/\}.*/, "", who)
  sub(/.*\/[0-9]+\) /, "", line)
  bytes = line + 0; requests += 1; total += bytes
  if (who != "None") sums[who] += bytes
}
END { for (who in sums) if (sums[who] > most) most = sums[who]
      printf "%d %.0f %.0f\n", requests, total, most }
"""

MTAIL = r"""
counter requests
counter bytes by who
/ - \{(?P<who>[^}]*)\} Processed request: .*\/\d+\) (?P<bytes>\d+)B / {
  requests++
  bytes[$who] += $bytes
}
"""

FAIL2BAN = (r"^ - synapse\.access\.http\.\S+ - \d+ - INFO - \S+ - <HOST> - \S+ - \{[^}]*\} "
            r"Processed request: .*$")


# CrowdSec cannot sum: a bucket of requests for each account.
CROWDSEC = {
    "hub/.index.json": '{"parsers": {}, "scenarios": {}, "postoverflows": {}, "collections": {}}',
    "simulation.yaml": "simulation: false",
    "acquis.yaml": "",
    "profiles.yaml": 'name: none\nfilters: ["false"]\non_success: break\n',
    "parsers/s00-raw/raw.yaml": """
name: bench/raw
filter: "evt.Line.Labels.type == 'synapse'"
onsuccess: next_stage
statics: [{parsed: message, expression: evt.Line.Raw}]
""",
    "parsers/s01-parse/access.yaml": r"""
name: bench/access
filter: "evt.Line.Labels.type == 'synapse'"
onsuccess: next_stage
pattern_syntax:
  BENCH_DAY: '[0-9-]+'
  BENCH_CLOCK: '[0-9:]+'
  BENCH_NUMBER: '\d+'
  BENCH_WHO: '[^}]*'
nodes:
  - grok:
      pattern: '^%{BENCH_DAY:day} %{BENCH_CLOCK:clock},%{BENCH_NUMBER:ms} - synapse\.access\.\S+ - \d+ - INFO - \S+
        - \S+ - \S+ - \{%{BENCH_WHO:who}\} Processed request: .*/\d+\) %{BENCH_NUMBER:bytes}B %{BENCH_NUMBER:status} '
      apply_on: Line.Raw
      statics:
        - {meta: log_type, value: access}
        - {meta: who, expression: evt.Parsed.who}
        - {target: evt.StrTime, expression: 'evt.Parsed.day + "T" + evt.Parsed.clock + "." + evt.Parsed.ms + "Z"'}
""",
    "parsers/s02-enrich/time.yaml": """
name: bench/time
filter: "evt.StrTime != ''"
onsuccess: next_stage
statics:
  - {method: ParseDate, expression: evt.StrTime}
  - {target: MarshaledTime, expression: evt.Enriched.MarshaledTime}
""",
    "scenarios/many.yaml": """
type: leaky
name: bench/many
description: many requests of one account
filter: "evt.Meta.log_type == 'access' && evt.Meta.who startsWith '@'"
groupby: evt.Meta.who
scope: {type: account, expression: evt.Meta.who}
capacity: 200
leakspeed: 3s
blackhole: 1h
labels: {type: bench}
""",
    "config.yaml": """
common: {daemonize: false, log_media: stdout, log_level: info, working_dir: DIR}
config_paths: {config_dir: DIR, data_dir: DIR/data, simulation_path: DIR/simulation.yaml, hub_dir: DIR/hub,
               index_path: DIR/hub/.index.json, notification_dir: DIR/data, plugin_dir: DIR/data}
crowdsec_service: {acquisition_path: DIR/acquis.yaml, parser_routines: 1, buckets_routines: 1, output_routines: 1}
cscli: {output: raw}
db_config: {type: sqlite, db_path: DIR/data/crowdsec.db, use_wal: false}
api:
  client: {credentials_path: DIR/credentials.yaml}
  server: {log_level: info, listen_uri: "127.0.0.1:PORT", profiles_path: DIR/profiles.yaml}
prometheus: {enabled: false}
""",
    "credentials.yaml": "{url: 'http://127.0.0.1:PORT', login: bench, password: bench}",
}


class Peer:
    """One row: a name, a command over `log`, what it computes, and a check of its output."""

    def __init__(self, name, computes, command, check, needs=None, lines=None):
        self.name = name
        self.computes = computes
        self.command = command
        self.check = check  # (output, truth) -> None or what is wrong
        self.needs = needs or command[0]
        self.lines = lines  # of the log it gets; None: the whole one

    @property
    def is_installed(self):
        return shutil.which(self.needs) is not None


def equal(what, got, wanted):
    return None if got == wanted else f"{what}: {got} instead of {wanted}"


def check_mawk(output, truth):
    return equal("requests, bytes, most", output.split(),
                 [truth["requests"], truth["bytes"], truth["most_bytes"]])


def check_mtail(output, truth):
    values = {name: [one["Value"]["Value"] for metric in metrics for one in metric["LabelValues"]]
              for name, metrics in json.loads(output).items()}
    wrong = equal("requests", str(sum(values.get("requests", []))), truth["requests"])
    return wrong or equal("bytes", str(sum(values.get("bytes", []))), truth["bytes"])


def check_fail2ban(output, truth):
    found = re.search(r"(\d+) matched", output)
    return equal("matched", found and found[1], truth["requests"])


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    return path


def crowdsec(log, folder):
    """Over a finished log, with a database and an interface of its own on loopback."""
    home = os.path.join(folder, "crowdsec")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name, text in CROWDSEC.items():
        write(home, name, text.replace("DIR", home).replace("PORT", str(port)))
    for name in ("data", "patterns"):
        os.makedirs(os.path.join(home, name), exist_ok=True)
    config = os.path.join(home, "config.yaml")
    if shutil.which("cscli") is not None:
        subprocess.run(["cscli", "-c", config, "machines", "add", "bench", "-p", "bench", "--force", "-f",
                        os.path.join(home, "credentials.yaml")], capture_output=True, check=True, timeout=60)
    # Without a label it crashes.
    command = f"exec crowdsec -c {config} -dsn file://{log} -type synapse -label bench:1 2>&1"
    return Peer("CrowdSec", "one leaky bucket of requests per account", ["sh", "-c", command],
                lambda output, truth: None if "by account @thief:" in output else "the thief is not among the alerts",
                needs="crowdsec", lines="short")


def text_peers(log, short, folder):
    """Over the text log; the slow ones over the short one."""
    programs = os.path.dirname(write(folder, "mtail/noci.mtail", MTAIL))
    return [
        Peer("`wc -l`", "newlines", ["wc", "-l", log],
             lambda output, truth: equal("lines", output.split()[0], truth["lines"])),
        Peer("`rg -c 'Processed request'`", "matching lines", ["rg", "-c", "Processed request", log],
             lambda output, truth: equal("requests", output.strip(), truth["requests"])),
        Peer("mawk", "sums of bytes per account", ["mawk", MAWK, short], check_mawk, lines="short"),
        Peer("mtail", "sums of bytes per account; no window",
             ["mtail", "-one_shot", "-logtostderr", "-address", "127.0.0.1", "-port", "0", "-progs", programs,
              "-logs", short],
             check_mtail, lines="short"),
        Peer("fail2ban-regex", "access lines with an address",
             ["fail2ban-regex", "--print-no-missed", short, FAIL2BAN], check_fail2ban, lines="short"),
        crowdsec(short, folder),
    ]


def json_peers(log, json_pass):
    return [Peer("simdjson On-Demand", "six fields of each line, nothing with them", [json_pass, log],
                 lambda output, truth: equal("requests, bytes", output.split(),
                                             [truth["requests"], truth["bytes"]]),
                 needs=json_pass)]
