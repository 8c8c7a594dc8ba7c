"""The tables of docs/performance.md: what was measured, on which machine, and which bars hold."""

import datetime
import os
import platform

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
PAGE = os.path.join(ROOT, "docs", "performance.md")
BEGIN = "<!-- measured: written by tests/bench/run -->"
END = "<!-- end of what is measured -->"


def processor():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def rows(cells):
    return ["| " + " | ".join(row) + " |" for row in cells]


class Report:
    def __init__(self):
        self.tables = []
        self.bars = []

    def table(self, title, head, cells, note=""):
        lines = [f"### {title}", "", *rows([head]), "|" + "---|" * len(head), *rows(cells)]
        self.tables.append("\n".join(lines + (["", note] if note else [])))
        print("\n".join(lines), flush=True)

    def bar(self, what, bar, measured, holds):
        """`holds`: True, False, or None where it could not be measured."""
        verdict = {True: "holds", False: "**missed**", None: "not measured"}[holds]
        self.bars.append(([what, bar, measured, verdict], holds))
        print(f"{what}: {measured}, bar {bar}: {verdict}", flush=True)

    def all_hold(self):
        return all(holds is not False for _, holds in self.bars)

    def text(self):
        head = ["what", "bar", "measured", "verdict"]
        bars = ["### Bars", "", *rows([head]), "|" + "---|" * len(head), *rows(row for row, _ in self.bars)]
        return "\n\n".join(["\n".join(bars), *self.tables])

    def write(self, command):
        with open(PAGE) as file:
            before, _, rest = file.read().partition(BEGIN)
        after = rest.partition(END)[2]
        today = datetime.date.today().isoformat()
        with open("/proc/meminfo") as file:
            memory = int(file.readline().split()[1]) / 2**20
        kernel = ".".join(platform.release().split(".")[:2])
        where = (f"`{command}` on {today}: {processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {kernel}; "
                 f"page cache warm, load average {os.getloadavg()[2]:.1f}. Read ratios, not absolutes.")
        with open(PAGE, "w") as file:
            file.write(f"{before}{BEGIN}\n\n{where}\n\n{self.text()}\n\n{END}{after}")
