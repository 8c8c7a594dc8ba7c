"""Parts of tests/bench/run that read finished logs: replay beside the peers, growth, memory, flood."""

import glob
import os
import re
import shutil
import subprocess
import uuid

import peers
from table import ROOT

TIMEOUT = 900


class Bench:
    """Logs made once, commands measured by `measured`."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.tools = os.path.join(options.build, "tests", "bench")
        self.noci = os.path.abspath(os.path.join(options.build, "noci"))
        self.logs = {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def tool(self, name):
        return os.path.abspath(os.path.join(self.tools, name))

    def log(self, name, lines, *arguments):
        """The path of a generated log, and what is in it."""
        if name not in self.logs:
            path, truth = self.path(name + ".log"), self.path(name + ".truth")
            with open(path, "wb") as file:
                subprocess.run([self.tool("generate_log"), "--lines", str(lines), "--truth", truth, *arguments],
                               stdout=file, check=True)
            with open(truth) as file:
                self.logs[name] = path, dict(line.split() for line in file)
        return self.logs[name]

    def measure(self, command, environment=None):
        """(CPU seconds, peak MiB, output) of one run."""
        costs = self.path("costs")
        if os.path.exists(costs):
            os.remove(costs)
        done = subprocess.run([self.tool("measured"), costs, *command], capture_output=True, check=False,
                              timeout=TIMEOUT, env={**os.environ, **(environment or {})})
        with open(costs) as file:
            user, system, _, peak, status = file.read().split()
        if status != "0":
            raise RuntimeError(f"{command[0]} ended with {status}: {done.stderr.decode()[-500:]}")
        return float(user) + float(system), int(peak) / 1024, done.stdout.decode()

    def ratio(self, over, under):
        """Of two costs a line, measured by turns."""
        for _ in range(self.options.rounds):
            over.run(self)
            under.run(self)
        return over.per_line / under.per_line

    def replay(self, log, rules=None, *more):
        """The command that replays a log with all shipped rules."""
        config = self.path(f"noci{0 if rules is None else 3}.yaml")
        with open(config, "w") as file:
            file.write(f"rules: {{dir: {rules or os.path.join(ROOT, 'rules')}}}\n"
                       f"lists: {{dir: {os.path.join(ROOT, 'rules', 'lists')}}}\n")
        return [self.noci, "replay", "--config", config, "--timezone", "UTC", "--format", "jsonl", *more, log]


class Costs:
    """Of a command over a log, and over one line, which is what starting costs."""

    def __init__(self, command, log, lines):
        self.command, self.lines = command, lines
        self.short = log + ".one"
        with open(log, "rb") as whole, open(self.short, "wb") as file:
            file.write(whole.readline())
        self.short_command = [word.replace(log, self.short) for word in command]
        self.cpu, self.start, self.peak, self.output = [], [], 0, ""

    def run(self, bench):
        cpu, peak, self.output = bench.measure(self.command)
        self.cpu.append(cpu)
        self.start.append(bench.measure(self.short_command)[0])
        self.peak = max(self.peak, peak)

    @property
    def per_line(self):
        """CPU microseconds, without the start."""
        return max(min(self.cpu) - min(self.start), 1e-9) * 1e6 / self.lines


class Row:
    def __init__(self, peer, log, truth):
        self.peer, self.truth = peer, truth
        self.costs = Costs(peer.command, log, int(truth["lines"]))
        self.wrong = None

    def run(self, bench):
        self.costs.run(bench)
        self.wrong = self.wrong or self.peer.check(self.costs.output, self.truth)

    @property
    def per_line(self):
        return self.costs.per_line


def check_thief(output, truth):
    """The account that takes all the time must be found, by every rule that counts media."""
    rules = set(re.findall(r'"rule_title":"([^"]*)"|"title":"([^"]*)"', output))
    del truth
    return None if "@thief:" in output and rules else "the thief is not among the alerts"


def rows_of(bench):
    lines = bench.options.lines
    text, truth = bench.log("text", lines, "--thief")
    terse, terse_truth = bench.log("json", lines, "--thief", "--json")
    short, short_truth = bench.log("short", min(lines, 40_000), "--thief")
    noci = [peers.Peer("**noci replay**, text", "all shipped rules", bench.replay(text), check_thief, needs=bench.noci),
            peers.Peer("**noci replay**, terse JSON", "all shipped rules", bench.replay(terse), check_thief,
                       needs=bench.noci)]
    rows = [Row(noci[0], text, truth), Row(noci[1], terse, terse_truth)]
    for peer in peers.text_peers(text, short, bench.folder):
        rows.append(Row(peer, short, short_truth) if peer.lines else Row(peer, text, truth))
    rows += [Row(peer, terse, terse_truth) for peer in peers.json_peers(terse, bench.tool("json_pass"))]
    return rows


def replay(bench, report):
    rows = rows_of(bench)
    there = [row for row in rows if row.peer.is_installed]
    for number in range(bench.options.rounds):
        for row in there:
            if number == 0 or not row.peer.lines or number < 2:  # the slow ones twice
                row.run(bench)
    cells = []
    for row in rows:
        if row not in there:
            cells.append([row.peer.name, "not installed", "", "", "", row.peer.computes, ""])
            continue
        cells.append([row.peer.name, f"{row.per_line:.3f}", f"{1 / row.per_line:.2f} M",
                      f"{min(row.costs.start) * 1000:.0f} ms", f"{row.costs.peak:.0f} MB", row.peer.computes,
                      row.wrong or "right"])
    report.table("Replay", ["what", "CPU µs/line", "lines a CPU second", "start", "peak", "computes", "result"], cells,
                 f"Logs of {bench.options.lines} lines; mawk, mtail, fail2ban-regex and CrowdSec got the first "
                 f"{min(bench.options.lines, 40_000)}. The start (a log of one line) is not part of a line's cost.")
    by_name = {row.peer.name: row for row in there}
    text, terse = rows[0], rows[1]

    def ratio(name, over, under, bar, at_least=False):
        if over is None or under is None:
            report.bar(name, bar, "not installed", None)
            return
        value = over.per_line / under.per_line
        limit = float(re.search(r"[\d.]+", bar)[0])
        report.bar(name, bar, f"{value:.2f} ×", value >= limit if at_least else value <= limit)

    ratio("text, against `rg -c`", text, by_name.get("`rg -c 'Processed request'`"), "2.5 ×")
    ratio("terse JSON, against simdjson", terse, by_name.get("simdjson On-Demand"), "1.3 ×")
    ratio("mtail, against text", by_name.get("mtail"), text, "100 ×", at_least=True)
    ratio("CrowdSec, against text", by_name.get("CrowdSec"), text, "400 ×", at_least=True)
    for row in there:
        if row.wrong:
            report.bar(f"{row.peer.name} computes what it should", "right", row.wrong, False)


def three_times_the_rules(bench):
    """Each rule thrice, under other ids and titles; windows and limits are the same."""
    folder = bench.path("rules3")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for path in sorted(glob.glob(os.path.join(ROOT, "rules", "*.yaml"))):
        with open(path) as file:
            text = file.read()
        rule_id = re.search(r"^id: (\S+)$", text, re.M)[1]
        for copy in range(3):
            other = text.replace(rule_id, str(uuid.uuid5(uuid.UUID(rule_id), str(copy))), 1)
            with open(os.path.join(folder, f"{os.path.basename(path)[:-5]}_{copy}.yaml"), "w") as file:
                file.write(other.replace("\ntitle: ", f"\ntitle: {copy} ", 1))
    return folder


def growth(bench, report):
    lines = bench.options.lines
    few, _ = bench.log("few", lines, "--accounts", "10000")
    many, _ = bench.log("many", lines, "--accounts", "825000")
    once, thrice = bench.replay(few), bench.replay(few, three_times_the_rules(bench))
    value = bench.ratio(Costs(bench.replay(many), many, lines), Costs(once, few, lines))
    report.bar("CPU a line, 825,000 accounts against 10,000", "2 ×", f"{value:.2f} ×", value <= 2)
    value = bench.ratio(Costs(thrice, few, lines), Costs(once, few, lines))
    report.bar("CPU a line, three times the rules", "2 ×", f"{value:.2f} ×", value <= 2)


def memory(bench, report):
    """Everybody active within the day, in turn; then what the process holds."""
    accounts = 825_000
    output = bench.measure([bench.tool("state_bench"), str(accounts)])[2]
    values = dict(line.split() for line in output.splitlines() if len(line.split()) == 2)
    resident = int(values["resident_bytes"]) / 2**30
    report.bar("825,000 accounts and their addresses, shipped rules", "1.5 GiB", f"{resident:.2f} GiB",
               resident <= 1.5)
    quiet = int(values["quiet_account_bytes"])
    report.bar("a quiet account, 50 counted events a day, all in", "1024 B", f"{quiet} B", quiet <= 1024)


def flood(bench, report):
    usual, _ = bench.log("text", bench.options.lines, "--thief")
    names, _ = bench.log("flood", bench.options.lines, "--uniform", "--accounts", "10000000")
    lines = bench.options.lines
    value = bench.ratio(Costs(bench.replay(names), names, lines), Costs(bench.replay(usual), usual, lines))
    report.bar("CPU a line, names out of 10,000,000", "3 ×", f"{value:.2f} ×", value <= 3)
