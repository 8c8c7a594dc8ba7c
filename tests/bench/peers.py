"""What noci is held against: commands over the same log, and whether each computed what it was asked
for. A peer that is not installed is skipped, and the table says so."""

import json
import os
import re
import shutil

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
    ]


def json_peers(log, json_pass):
    return [Peer("simdjson On-Demand", "six fields of each line, nothing with them", [json_pass, log],
                 lambda output, truth: equal("requests, bytes", output.split(),
                                             [truth["requests"], truth["bytes"]]),
                 needs=json_pass)]
