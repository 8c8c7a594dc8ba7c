"""The bars of the measure, and what one theft or one quiet population is worth against them."""

import dataclasses
import ipaddress
import json

KINDS = ("rooms", "messages", "files", "bytes", "profiles")
# Nobody can tell a thief from a newcomer before these, whatever the bar.
FLOOR = {"rooms": 10, "messages": 5000, "files": 300, "lists": 5}
NETWORK_BITS = {4: 24, 6: 64}
# Split over accounts or addresses.
SPLIT = ("dozen_accounts", "dozen_in_a_network", "dozen_masked", "dozen_apart", "addresses_200", "open_media_200")


class Truth:
    """What the simulator wrote beside the log."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        self.head, self.steps, self.total = lines[0], lines[1:-1], lines[-1]["total"]
        self.begins = self.head["begins"] / 1000
        self.accounts, self.servers = set(self.head["accounts"]), set(self.head["servers"])
        self.addresses, self.framed = set(self.head["addresses"]), set(self.head["framed"])
        self.networks = {str(ipaddress.ip_network((address, NETWORK_BITS[ipaddress.ip_address(address).version]), False))
                         for address in self.addresses}

    def is_correct(self, alert):
        """Whether the alert names who takes: an account, an address, a network, a server or, of the whole
        homeserver, foremost those."""
        actors = self.accounts | self.addresses | self.servers | self.networks
        if alert.at < self.begins or not alert.notifies() or alert.rule == "log_forgery":
            return False
        if actors & (alert.members | {alert.key}):
            return True
        if alert.kind in ("user", "ip", "network", "server", "pair"):
            return False
        # Of an agent or of the whole homeserver: the evidence must name them foremost.
        foremost = (alert.top.get("user.id") or alert.top.get("source.ip") or [])[:4]
        return sum(value in actors for value in foremost) * 2 > len(foremost)

    def taken_by(self, at):
        taken = dict.fromkeys((*KINDS, "lists", "unlisted", "admin_calls"), 0)
        for step in self.steps:
            if step["at"] / 1000 > at:
                break
            for kind in (*KINDS, "lists"):
                taken[kind] += step[kind]
            taken["unlisted"] += 0 if step["lists"] else step["profiles"]
            taken["admin_calls"] += step["step"].startswith("admin_")
        return taken

    def first_use(self):
        return next(step["at"] / 1000 for step in self.steps if any(step[kind] for kind in KINDS))


@dataclasses.dataclass
class Outcome:
    """One theft as the rules saw it."""
    shape: str
    scale: float
    seconds: float = None  # to the first correct alert
    rule: str = ""
    share: dict = dataclasses.field(default_factory=dict)
    taken: dict = dataclasses.field(default_factory=dict)
    framed: bool = False
    bar: str = ""
    met: bool = False


def bar_of(shape, days, share, scale):
    """(share of rooms, messages, files and bytes; share of profiles) that may be gone."""
    if shape in SPLIT:
        return 0.02, 0.05 if scale == 1 else 0.30
    if days > 3:
        return (0.03, 0.05) if scale == 1 else (0.20, 0.30)
    if share < 1:
        return 0.20, 0.30
    return (0.01, 0.05) if scale == 1 else (0.05, 0.30)


def judge(truth, alerts, days, share):
    outcome = Outcome(truth.head["shape"], truth.head["scale"])
    correct = [alert for alert in alerts if truth.is_correct(alert)]
    outcome.framed = any(truth.framed & (alert.members | {alert.key}) for alert in alerts)
    if not correct:
        outcome.bar = "detected"
        return outcome
    first = min(correct, key=lambda alert: alert.at)
    outcome.seconds, outcome.rule = first.at - truth.begins, first.rule + ":" + ",".join(first.limits[:1])
    outcome.taken = truth.taken_by(first.at)
    outcome.share = {kind: outcome.taken[kind] / truth.total[kind] if truth.total[kind] else 0 for kind in KINDS}
    if outcome.shape == "admin_token":
        outcome.bar = "3 calls"
        outcome.met = outcome.taken["admin_calls"] <= 3
    elif outcome.shape.startswith("stuffing"):
        outcome.bar = "before use"
        outcome.met = first.at < truth.first_use()
    elif outcome.shape == "bot_token":
        outcome.bar = "at its ceiling"
        outcome.met = True
    else:
        most, people = bar_of(outcome.shape, days, share, outcome.scale)
        outcome.bar = f"{100 * most:g} %"
        few_files = outcome.taken["files"] <= FLOOR["files"]
        outcome.met = all((outcome.share["rooms"] <= most or outcome.taken["rooms"] <= FLOOR["rooms"],
                           outcome.share["messages"] <= most or outcome.taken["messages"] <= FLOOR["messages"],
                           outcome.share["files"] <= most or few_files,
                           outcome.share["bytes"] <= most or few_files,
                           outcome.share["profiles"] <= people
                           or (outcome.taken["lists"] <= FLOOR["lists"]
                               and outcome.taken["unlisted"] <= people * truth.total["profiles"])))
    outcome.met = outcome.met and not outcome.framed
    return outcome


def duration(seconds):
    if seconds is None:
        return "never"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172800 else f"{seconds / 86400:.1f} d"


def percent(value):
    return f"{100 * value:.2g} %" if value < 0.1 else f"{100 * value:.0f} %"


def row(outcome):
    shares = [percent(outcome.share[kind]) if outcome.share else "–" for kind in KINDS]
    verdict = "met" if outcome.met else "**missed**"
    return "| " + " | ".join([outcome.shape, f"{outcome.scale:g}", duration(outcome.seconds), *shares, outcome.rule,
                              ("yes" if outcome.framed else "no"), f"{outcome.bar}: {verdict}"]) + " |"


HEADER = ("| shape | haul | first alert | rooms | messages | files | bytes | profiles | by | framed named | bar |\n"
          "|---|---:|---:|---:|---:|---:|---:|---:|---|---|---|")
