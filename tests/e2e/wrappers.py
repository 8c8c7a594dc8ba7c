"""A log as container runtimes and the journal store it: each takes the bytes of Synapse's output and gives
the bytes of the wrapped log. Written after the runtimes' documented formats, and never after noci."""

import datetime
import json

PIECE = 16384  # docker's and containerd's buffer
LINE_MAX = 49152  # journald's default LineMax=


def stamp(number):
    """When the runtime took over output number `number`: RFC 3339 with nanoseconds."""
    moment = datetime.datetime(2026, 11, 22, 19, 0, tzinfo=datetime.timezone.utc)
    moment += datetime.timedelta(milliseconds=number)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "789Z"


def pieces(raw, size):
    """(piece, ends the line) of each physical line."""
    for line in raw.split(b"\n")[:-1]:
        for begin in range(0, max(len(line), 1), size):
            yield line[begin:begin + size], begin + size >= len(line)


def docker(raw, size=PIECE):
    """moby's json-file driver: the line feed belongs to the text. Of a character that is cut in two, docker
    itself leaves replacement characters; none is cut here, so that what was logged can be compared."""
    out = []
    carried = b""
    for number, (piece, ends) in enumerate(pieces(raw, size)):
        piece = carried + piece + b"\n" * ends
        whole = len(piece.decode("utf-8", "ignore").encode())
        piece, carried = (piece, b"") if ends else (piece[:whole], piece[whole:])
        out.append(json.dumps({"log": piece.decode(), "stream": "stderr", "time": stamp(number)}, ensure_ascii=False,
                              separators=(",", ":")))
    return "".join(line + "\n" for line in out).encode()


def cri(raw, size=PIECE, between=b""):
    """containerd and CRI-O; `between` is written to standard output between any two pieces."""
    out = []
    for number, (piece, ends) in enumerate(pieces(raw, size)):
        out.append(b"%s stderr %s %s\n" % (stamp(number).encode(), b"F" if ends else b"P", piece))
        if between:
            out.append(b"%s stdout F %s\n" % (stamp(number).encode(), between))
    return b"".join(out)


def journal(raw, size=LINE_MAX):
    """`journalctl -o json` of a service's standard error."""
    out = []
    for number, (piece, ends) in enumerate(pieces(raw, size)):
        entry = {"__REALTIME_TIMESTAMP": str(1795374000000000 + 1000 * number), "_STREAM_ID": "c0ffee",
                 "_SYSTEMD_UNIT": "homeserver.service", "PRIORITY": "6", "MESSAGE": journal_text(piece)}
        if not ends:
            entry["_LINE_BREAK"] = "line-max"
        out.append(json.dumps(entry).encode() + b"\n")
    return b"".join(out)


def journal_text(raw):
    """A string, or the byte values of what is not UTF-8 or holds control characters but TAB and LF."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return list(raw)
    return text if all(c in "\t\n" or not (c < " " or "\x7f" <= c <= "\x9f") for c in text) else list(raw)


def journal_handler(raw, record_begin):
    """The same of systemd-python's JournalHandler: one entry per record, however many lines it has."""
    records = []
    for line in raw.split(b"\n")[:-1]:
        if record_begin(line) or not records:
            records.append([line])
        else:
            records[-1].append(line)
    return b"".join(json.dumps({"MESSAGE": journal_text(b"\n".join(lines)), "SYSLOG_IDENTIFIER": "synapse",
                                "__REALTIME_TIMESTAMP": str(1795374000000000 + 1000 * number)}).encode() + b"\n"
                    for number, lines in enumerate(records))


def workers_image(raw):
    """Synapse's workers image: the name before every physical line."""
    return b"".join(b"homeserver | " + line + b"\n" for line in raw.split(b"\n")[:-1])


def rfc5424(raw):
    return b"".join(b"<30>1 2026-11-22T19:00:00.000001Z host synapse 812 - - " + line + b"\n"
                    for line in raw.split(b"\n")[:-1])
