"""The text logs of several processes as the one log that a single process would have written: records in
the order of their time, requests numbered by one counter, what the processes said to one another left out."""

import re

RECORD = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - (\S+) - \d+ - [A-Z]+ - (\S*) - ")
REQUEST = re.compile(r"([A-Z]+)-(\d+)$")


def replication_calls(paths):
    """Access lines of what processes asked of one another."""
    count = 0
    for path in paths:
        with open(path, "rb") as file:
            count += sum(b"Processed request" in line and b" /_synapse/replication/" in line for line in file)
    return count


def merged(paths):
    """(text of the merged log, requests whose number another process has used, too)."""
    records = []
    for path in paths:
        with open(path, encoding="utf-8", newline="\n") as file:
            for line in file:
                match = RECORD.match(line)
                if match and line.endswith("\n"):
                    records.append((match[1], path, match, line))
    records.sort(key=lambda record: record[0])
    internal = {(path, match[3]) for _, path, match, line in records if '"POST /_synapse/replication/' in line}
    numbers, users, lines = {}, {}, []
    for _, path, match, line in records:
        request = REQUEST.match(match[3])
        if request:
            if (path, match[3]) in internal:
                continue
            users.setdefault(request[2], set()).add(path)
            number = numbers.setdefault((path, request[2]), len(numbers))
            line = line[:match.start(3)] + f"{request[1]}-{number}" + line[match.end(3):]
        lines.append(line)
    return "".join(lines), sum(len(paths) > 1 for paths in users.values())
