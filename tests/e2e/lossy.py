"""A genuine capture's access lines, written over and over as if now, under request numbers that go on
growing; a share of them can be left out."""

import datetime
import random
import re
import time

import capture

LINE = re.compile(r"^\S+ \S+ (- synapse\.access\.\S+ - \d+ - INFO - [A-Z]+-)(\d+)( - .*Processed request: .*)$", re.S)


def access_lines():
    """[(before the number, number, after it)]; the capture's forged lines have numbers of their own."""
    with open(capture.TEXT, encoding="utf-8", errors="replace", newline="\n") as file:
        lines = [LINE.match(line) for line in file]
    return [(line[1], int(line[2]), line[3]) for line in lines if line and int(line[2]) < 9_000_000]


class Play:
    lines = access_lines()
    numbers = max(number for _, number, _ in lines) + 1

    def __init__(self, path):
        self.path = path
        self.lost = 0.0  # the share to leave out from now on
        self.written = self.taken_out = self.since_loss = 0
        open(path, "ab").close()

    def write(self, count):
        now = datetime.datetime.fromtimestamp(time.time(), datetime.timezone.utc)
        stamp = now.strftime("%Y-%m-%d %H:%M:%S,") + f"{now.microsecond // 1000:03d} "
        text = []
        for _ in range(count):
            rounds, place = divmod(self.written, len(self.lines))
            self.written += 1
            before, number, after = self.lines[place]
            self.since_loss += self.lost > 0
            if random.random() < self.lost:
                self.taken_out += 1
            else:
                text.append(f"{stamp}{before}{number + rounds * self.numbers}{after}")
        with open(self.path, "a", encoding="utf-8", newline="\n") as file:
            file.write("".join(text))
