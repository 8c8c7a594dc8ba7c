"""Plays a finished Synapse text log as if it happened now: the bytes of each record are written when
it is due, with its time stamp moved. Distances between time stamps stay as they were, so windows
see the same events; only the waiting is shorter. The last stamp falls on the moment it is written,
so none ever lies in the future."""

import datetime
import re
import time

# `2026-11-22 21:40:11,746 - `, as Synapse's formatter "precise" begins each record.
STAMP = re.compile(rb"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3})(?= - )")


def parse_stamp(match):
    """Seconds since 1970, reading the stamp as UTC."""
    moment = datetime.datetime.strptime(match[1].decode(), "%Y-%m-%d %H:%M:%S")
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp() + int(match[2]) / 1000


def format_stamp(seconds):
    milliseconds = round(seconds * 1000)
    moment = datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%d %H:%M:%S").encode() + b",%03d" % (milliseconds % 1000)


def split_records(raw):
    """(time stamp, lines): a line without a stamp belongs to the one before it."""
    records = []
    for line in raw.removesuffix(b"\n").split(b"\n"):
        line += b"\n"
        match = STAMP.match(line)
        if match:
            records.append((parse_stamp(match), [line]))
        elif records:
            records[-1][1].append(line)
    return records


class Capture:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.records = split_records(file.read())
        if not self.records:
            raise ValueError(f"{path} holds no line that begins with a time stamp")
        # A forged line may carry any stamp: the span is that of records in order.
        self.begin = self.records[0][0]
        self.end = self.records[-1][0]

    def duration(self, speed):
        return (self.end - self.begin) / speed

    def restamped(self, shift):
        """(seconds since the beginning, bytes) of each record, moved by `shift` seconds."""
        due = self.begin
        for stamp, lines in self.records:
            due = max(due, min(stamp, self.end))
            lines = [format_stamp(stamp + shift) + lines[0][23:]] + lines[1:]
            yield due - self.begin, b"".join(lines)

    def play(self, path, speed, stop):
        """Appends to `path` until the end or until `stop` (an Event) is set."""
        started = time.time()
        shift = started + self.duration(speed) - self.end
        with open(path, "ab", buffering=0) as log:
            for offset, raw in self.restamped(shift):
                wait = started + offset / speed - time.time()
                if wait > 0 and stop.wait(wait):
                    return
                log.write(raw)
