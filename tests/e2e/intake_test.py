"""Records that come by socket, journal or standard input are counted as those of a file are: every
line once, whole, in its order, also when noci is killed in the middle and started again."""

import collections
import json
import os
import re
import select
import shutil
import socket
import ssl
import subprocess
import threading
import time
import unittest

import capture
import senders
from harness import PATIENCE, Case, Daemon, free_port, main, noci, wait_for

KEYS = ("@kestrel:hs.example", "@alice:hs.example", "@bystander:hs.example")


def recent_lines():
    """The JSON capture as if it ended now."""
    with open(capture.JSON, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    stamp = re.compile(rb'"time":(\d+(?:\.\d+)?)')
    shift = time.time() - 5 - max(float(match[1]) for match in map(stamp.search, lines) if match)
    return [stamp.sub(lambda match: b'"time":%.2f' % (float(match[1]) + shift), line, count=1) for line in lines]


class Numbers:
    """What a daemon has counted: requests by class, and windows of some accounts."""

    def __init__(self, daemon):
        metrics = daemon.metrics()
        self.records = {labels["kind"]: value for labels, value in metrics["noci_records_total"]}
        self.events = {labels["action"]: value for labels, value in metrics.get("noci_events_total", ())}
        self.windows = {key: windows(daemon, key) for key in KEYS}


def windows(daemon, key):
    """{(rule, limit): value} of those windows that nothing leaves within a day: the others move with the time."""
    done = noci("why", key, "--config", daemon.config, "--format", "json")
    return {(rule["title"], limit["name"]): limit["value"] for rule in json.loads(done.stdout)["rules"]
            for limit in rule["limits"] if limit["timespan"] in ("24h", "1d")}


class Intake(Case):
    def daemon(self, source, **more):
        source = {"name": "in", "worker": "main", **source}
        return Daemon(self, [source], **more)

    def settled(self, daemon, records):
        """Waits until so many records are counted."""
        wait_for(f"{records} records are counted",
                 lambda: daemon.metric("noci_records_total") + daemon.metric("noci_continuation_lines_total") >= records)
        return Numbers(daemon)

    def as_a_file(self, content):
        """What a file with these bytes comes to: the oracle, itself proven by ledger_test."""
        path = self.write(f"oracle-{len(os.listdir(self.folder))}.log", content)
        daemon = self.daemon({"path": path, "start_at": "beginning"}).start()
        numbers = self.settled(daemon, content.count(b"\n"))
        daemon.stop()
        return numbers

    def assert_same(self, got, wanted):
        self.assertEqual(got.events, wanted.events)
        self.assertEqual(got.records, wanted.records)
        self.assert_same_windows(got, wanted)

    def assert_same_windows(self, got, wanted):
        self.assertTrue(any(wanted.windows.values()), "the oracle has no windows")
        self.assertEqual(got.windows, wanted.windows)

    def spooled(self, daemon, name):
        return senders.spooled(daemon, "in").get(f"{name}.log", b"")


class Listener(Intake):
    def test_a_real_rsyslog_delivers_every_line_as_it_is(self):
        if senders.RSYSLOGD is None:
            self.skipTest("skipped: needs rsyslogd")
        content = b"".join(recent_lines())
        port = free_port()
        daemon = self.daemon({"type": "tcp", "listen": f"127.0.0.1:{port}"}).start()
        log = self.write("synapse/homeserver.log", content)
        senders.Rsyslog(self, self.path("synapse"), port, [log]).start()
        got = self.settled(daemon, content.count(b"\n"))
        self.assertEqual(self.spooled(daemon, "main"), content)
        self.assert_same(got, self.as_a_file(content))

    def test_senders_with_certificates_in_parallel(self):
        authority = senders.Authority(self.folder)
        cert, key = authority.issue("listener.example")
        port = free_port()
        daemon = self.daemon({"type": "tcp", "listen": f"127.0.0.1:{port}",
                              "tls": {"cert_file": cert, "key_file": key, "ca_file": authority.ca,
                                      "names": ["vector.example", "fluent.example"]}}).start()
        lines = recent_lines()
        context = senders.client_context(authority, authority.issue("vector.example"))

        def send(part):
            with senders.connect(port, context) as connection:
                for line in part:
                    connection.sendall(line)

        parts = [lines[first::4] for first in range(4)]
        threads = [threading.Thread(target=send, args=(part,)) for part in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.settled(daemon, len(lines))
        content = self.spooled(daemon, "main")
        taken = content.splitlines(keepends=True)
        self.assertEqual(sorted(taken), sorted(lines))
        places = {}
        for place, line in enumerate(taken):
            places.setdefault(line, []).append(place)
        for part in parts:  # lines that occur once tell the order of their connection
            order = [places[line][0] for line in part if len(places[line]) == 1]
            self.assertEqual(order, sorted(order))
        self.assert_same(Numbers(daemon), self.as_a_file(content))

        for wrong in (None, authority.issue("stranger.example")):
            with self.subTest(certificate=wrong):
                with self.assertRaises((ssl.SSLError, ConnectionError)):
                    with senders.connect(port, senders.client_context(authority, wrong)) as connection:
                        # With TLS 1.3 the refusal comes behind the client's own handshake.
                        for _ in range(1000):
                            connection.sendall(b"forged\n")
                            time.sleep(0.01)
        wait_for("both are counted",
                 lambda: daemon.metric("noci_intake_connections_total", result="unauthorized") == 2)
        self.assertEqual(self.spooled(daemon, "main"), content)
        with socket.create_connection(("127.0.0.1", port)) as plain:
            plain.sendall(b"not TLS at all\n")
            plain.settimeout(PATIENCE)
            while plain.recv(100):
                pass
        self.assertEqual(self.spooled(daemon, "main"), content)

    def test_killed_in_mid_stream_nothing_is_counted_twice_nor_lost_from_the_spool(self):
        port = free_port()
        daemon = self.daemon({"type": "tcp", "listen": f"127.0.0.1:{port}"}).start()
        lines = recent_lines()
        is_done = threading.Event()

        def lines_spooled():
            return self.spooled(daemon, "main").count(b"\n")

        def is_broken(connection):
            return bool(select.select([connection], [], [], 0)[0])  # noci never writes

        def send_all():
            """A sender without acknowledgements: what was on its way when the connection broke is gone. It
            is never more than 50 lines ahead, or a slow noci would lose all that the kernel keeps for it."""
            rest = list(lines)
            while rest:
                try:
                    with senders.connect(port) as connection:
                        while rest:
                            wanted = lines_spooled() + len(rest[:50])
                            connection.sendall(b"".join(rest[:50]))
                            del rest[:50]
                            wait_for("the lines are in the spool, or noci is gone",
                                     lambda: lines_spooled() >= wanted or is_broken(connection))
                except OSError:
                    time.sleep(0.05)
            is_done.set()

        sender = threading.Thread(target=send_all, daemon=True)
        sender.start()
        for share in (0.1, 0.4, 0.7):
            wait_for(f"{share} of the lines are in the spool",
                     lambda: len(self.spooled(daemon, "main")) > share * sum(map(len, lines)))
            daemon.kill()
            # As a crash in the middle of a write leaves it.
            with open(os.path.join(daemon.settings["state"]["dir"], "spool", "in", "main.log"), "ab") as file:
                file.write(b'{"log":"half a li')
            daemon.start()
        sender.join(PATIENCE)
        self.assertTrue(is_done.is_set())
        wait_for("everybody has gone", lambda: daemon.metric("noci_intake_connections") == 0)
        content = senders.settle("the spool is still", lambda: self.spooled(daemon, "main"))
        taken = content.splitlines(keepends=True)
        # What was on its way at a kill is gone; what was in the spool is not.
        self.assertGreater(len(content), 0.7 * sum(map(len, lines)))
        self.assertEqual(collections.Counter(taken) - collections.Counter(lines), collections.Counter())
        oracle = self.as_a_file(content)
        wait_for("the windows are those of the spool", lambda: Numbers(daemon).windows == oracle.windows, patience=30)
        self.assert_same_windows(Numbers(daemon), oracle)
        daemon.kill()
        daemon.start()
        wait_for("ready again", daemon.is_ready)
        self.assert_same_windows(Numbers(daemon), oracle)

    def test_a_taken_address_ends_the_start_with_a_sentence(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            daemon = self.daemon({"type": "tcp", "listen": f"127.0.0.1:{port}"}).start(wait=False)
            self.assertEqual(daemon.process.wait(PATIENCE), 3)
            self.assertIn(f"cannot listen on 127.0.0.1:{port}", daemon.log())
            self.assertIn("another program", daemon.log())
            done = noci("check", "--config", daemon.config)
            self.assertEqual(done.returncode, 3)
            self.assertIn(f"cannot listen on 127.0.0.1:{port}", done.stdout.decode())

    def test_a_unix_socket(self):
        path = self.path("in.sock")
        daemon = self.daemon({"type": "unix", "path": path, "mode": "0600"}).start()
        content = b"".join(recent_lines())
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
            connection.sendall(content + b"a last line without an end")
        got = self.settled(daemon, content.count(b"\n"))
        self.assertEqual(self.spooled(daemon, "main"), content)
        self.assert_same(got, self.as_a_file(content))
        wait_for("the broken line is counted",
                 lambda: daemon.metric("noci_intake_lines_total", result="broken") == 1)
        daemon.stop()
        self.assertFalse(os.path.exists(path))


class StandardInput(Intake):
    def test_the_end_of_the_input_ends_the_daemon_after_its_last_commit(self):
        content = b"".join(recent_lines())
        daemon = self.daemon({"type": "stdin"})
        daemon.start(stdin=subprocess.PIPE)
        daemon.process.stdin.write(content)
        daemon.process.stdin.flush()
        got = self.settled(daemon, content.count(b"\n"))
        daemon.process.stdin.write(b"no line feed at the very end")
        daemon.process.stdin.close()
        self.assertEqual(daemon.process.wait(PATIENCE), 0)
        self.assertIn("event=input_ended", daemon.log())
        self.assertEqual(self.spooled(daemon, "main"), content + b"no line feed at the very end\n")
        oracle = self.as_a_file(content)
        self.assert_same(got, oracle)
        # Nothing of it is counted again by the next start.
        daemon.start(stdin=subprocess.PIPE)
        self.assertEqual(daemon.metric("noci_records_total"), 0)
        self.assert_same_windows(Numbers(daemon), oracle)
        daemon.process.stdin.close()
        self.assertEqual(daemon.process.wait(PATIENCE), 0)

    def test_a_file_as_standard_input(self):
        content = b"".join(recent_lines()[:500])
        path = self.write("some.log", content)
        daemon = self.daemon({"type": "stdin"})
        with open(path, "rb") as file:
            daemon.start(wait=False, stdin=file)
            self.assertEqual(daemon.process.wait(PATIENCE), 0)
        self.assertEqual(self.spooled(daemon, "main"), content)


@unittest.skipUnless(senders.JOURNAL_REMOTE, "skipped: needs systemd-journal-remote")
class Journal(Intake):
    def append(self, lines, first):
        """One entry a line, as systemd captures the standard error of a service."""
        entries = b""
        for number, line in enumerate(lines, first):
            fields = (("__REALTIME_TIMESTAMP", str(self.begin + number * 1000)),
                      ("__MONOTONIC_TIMESTAMP", str(1_000_000 + number * 1000)), ("_BOOT_ID", "ab" * 16),
                      ("_SYSTEMD_UNIT", "matrix-synapse.service"), ("_PID", "465"), ("SYSLOG_IDENTIFIER", "python3"))
            entries += b"".join(f"{name}={value}\n".encode() for name, value in fields)
            line = line.removesuffix(b"\n")
            entries += b"MESSAGE\n" + len(line).to_bytes(8, "little") + line + b"\n\n"
        subprocess.run([senders.JOURNAL_REMOTE, f"--output={self.path('journal/synapse.journal')}", "-"], input=entries,
                       check=True, capture_output=True)

    def test_a_real_journal_counts_as_a_file_does_also_when_killed_while_it_grows(self):
        os.makedirs(self.path("journal"))
        lines = recent_lines()
        self.begin = int(time.time() - 60) * 1_000_000
        cuts = [0, 1000, 1700, 3000, len(lines)]
        daemon = self.daemon({"type": "journal", "units": ["matrix-synapse.service"], "start_at": "beginning",
                              "directory": self.path("journal")})
        self.append(lines[:cuts[1]], 0)
        daemon.start()
        self.settled(daemon, cuts[1])
        for begin, end in zip(cuts[1:], cuts[2:]):
            self.append(lines[begin:end], begin)
            wait_for("some of it is counted", lambda: daemon.metric("noci_records_total") > 0)
            daemon.kill()
            daemon.start()
        oracle = self.as_a_file(b"".join(lines))
        wait_for("the windows are those of the file", lambda: Numbers(daemon).windows == oracle.windows, patience=30)
        self.assert_same_windows(Numbers(daemon), oracle)

    def test_check_names_a_unit_that_never_wrote_and_a_journal_that_is_not_there(self):
        os.makedirs(self.path("journal"))
        self.begin = int(time.time() - 60) * 1_000_000
        self.append(recent_lines()[:3], 0)
        daemon = self.daemon({"type": "journal", "units": ["matrix-synapes.service"],
                              "directory": self.path("journal")})
        done = noci("check", "--config", daemon.config)
        self.assertIn("unit matrix-synapes.service", done.stdout.decode())
        shutil.rmtree(self.path("journal"))
        done = noci("check", "--config", daemon.config)
        self.assertIn("there is no journal in", done.stdout.decode())


if __name__ == "__main__":
    main()
