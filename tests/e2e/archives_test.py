"""Rotated and packed logs, by the tools that rotate and pack them: whatever a log was made into, the
offline verbs read the same records from it; and several logs read side by side, finished or live,
give the alerts of the one log that they are parts of."""

import datetime
import json
import os
import re
import shutil
import subprocess

import capture
from harness import RULES, Case, Daemon, json_lines, main, noci, wait_for
from inbox import Inbox

FORGERY = re.search(r"^id: (\S+)", open(os.path.join(RULES, "log_forgery.yaml")).read(), re.MULTILINE)[1]
PACKERS = [tool for tool in ("gzip", "zstd") if shutil.which(tool)]


def records(raw):
    """The capture's records, continuation lines with the record they belong to."""
    found = []
    for line in raw.splitlines(keepends=True):
        if line[:4].isdigit() or line[:1] == b"{" or not found:
            found.append(line)
        else:
            found[-1] += line
    return found


def pack(tool, path):
    """Like logrotate: the packed file takes the place of the plain one."""
    subprocess.run([tool, "-q", "--rm" if tool == "zstd" else "-f", path], check=True)


def core(payload):
    """What an alert says, but for positions, and for which of several rooms with the same count and which
    of the lines of one instant came first."""
    alert = capture.comparable(payload)
    evidence = alert["evidence"]
    evidence.pop("samples")
    evidence["top"] = {field: sorted(count for _, count in top) for field, top in evidence["top"].items()}
    return alert


class Archives(Case):
    def setUp(self):
        super().setUp()
        if len(PACKERS) < 2:
            self.skipTest("skipped: needs gzip and zstd")
        with open(capture.TEXT, "rb") as file:
            self.raw = file.read()

    def verb(self, verb, *paths, status=0, stdin=b"", more=()):
        options = {"replay": ["--rules", RULES, "--format", "jsonl"], "report": ["--format", "jsonl"],
                   "explain": ["--format", "jsonl"]}[verb]
        done = noci(verb, *options, "--timezone", "UTC", *more, *paths, stdin=stdin)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done

    def report(self, *paths, **more):
        return json_lines(self.verb("report", *paths, **more).stdout)

    def split(self, *names):
        """The capture in equal parts, cut at records, oldest first."""
        all_records = records(self.raw)
        size = len(all_records) // len(names) + 1
        return [self.write(name, b"".join(all_records[part * size:(part + 1) * size])) for part, name in enumerate(names)]

    def test_each_verb_reads_packed_logs(self):
        plain = self.write("plain/homeserver.log", self.raw)
        for tool in PACKERS:
            packed = self.write(f"{tool}/homeserver.log", self.raw)
            pack(tool, packed)
            packed = os.path.join(os.path.dirname(packed), os.listdir(os.path.dirname(packed))[0])
            misnamed = os.path.join(self.folder, tool, "homeserver.log")
            for path in (packed, misnamed):
                if path == misnamed:
                    os.rename(packed, misnamed)  # the content tells, not the name
                self.assertEqual(self.report(path), self.report(plain))
                with open(path, "rb") as file:
                    self.assertEqual(self.report("-", stdin=file.read()), self.report(plain))
            for verb in ("replay", "explain"):
                self.assertEqual(self.nameless(self.verb(verb, path).stdout), self.nameless(self.verb(verb, plain).stdout))

    @staticmethod
    def nameless(raw):
        lines = json_lines(raw)
        for line in lines:
            line.pop("log.source", None)
            for sample in line.get("data", {}).get("evidence", {}).get("samples", []):
                sample.pop("source", None)
        return lines

    def test_rotated_siblings_are_one_log_in_the_order_of_what_they_hold(self):
        plain = self.write("plain/homeserver.log", self.raw)
        wanted = self.report(plain)
        alerts = [core(alert) for alert in json_lines(self.verb("replay", plain).stdout)]
        self.assertTrue(alerts)
        for names in (("homeserver.log.3", "homeserver.log.2", "homeserver.log.1", "homeserver.log"),
                      ("homeserver.log.2026-06-05", "homeserver.log.2026-06-06", "homeserver.log"),
                      # named against their order, as somebody did by hand
                      ("homeserver.log.1", "homeserver.log.2", "homeserver.log.3", "homeserver.log")):
            with self.subTest(names=names):
                shutil.rmtree(self.path("rotated"), ignore_errors=True)
                files = self.split(*(f"rotated/{name}" for name in names))
                for number, path in enumerate(files[:-1]):
                    pack(PACKERS[number % 2], path)
                    os.utime(next(os.path.join(self.path("rotated"), name) for name in os.listdir(self.path("rotated"))
                                  if name.startswith(os.path.basename(path) + ".") and name.endswith(("gz", "zst"))), (0, 0))
                everything = [os.path.join(self.path("rotated"), name) for name in os.listdir(self.path("rotated"))]
                for paths, more in ((everything, ()), ([self.path("rotated")], ()), ([files[-1]], ["--rotated"]),
                                    (everything + [files[-1]], ["--rotated"])):
                    self.assertEqual(self.report(*paths, more=more), wanted)
                    replayed = json_lines(self.verb("replay", *paths, more=more).stdout)
                    self.assertEqual([core(alert) for alert in replayed], alerts)

    def test_a_file_and_its_packed_copy_are_read_once(self):
        plain = self.write("homeserver.log.1", self.raw)
        wanted = self.report(plain)
        subprocess.run(["gzip", "-k", plain], check=True)
        done = self.verb("report", plain, plain + ".gz")
        self.assertEqual(json_lines(done.stdout), wanted)
        self.assertIn(b"homeserver.log.1.gz is left out", done.stderr)

    def test_a_folder_leaves_out_what_is_no_log(self):
        self.write("logs/homeserver.log", self.raw)
        self.write("logs/core.bin", os.urandom(100000))
        done = self.verb("report", self.path("logs"))
        self.assertEqual(json_lines(done.stdout), self.report(self.path("logs/homeserver.log")))
        self.assertIn(b"core.bin is left out", done.stderr)
        self.verb("report", os.path.dirname(self.write("empty/none.bin", b"nothing")), status=3)

    def test_a_damaged_archive_is_read_as_far_as_it_goes(self):
        for tool in PACKERS:
            folder = self.path(tool)
            first, second = self.split(f"{tool}/homeserver.log.1", f"{tool}/homeserver.log")
            rest = self.report(second)
            pack(tool, first)
            packed = next(os.path.join(folder, name) for name in os.listdir(folder) if name.startswith("homeserver.log.1"))
            with open(packed, "rb+") as file:
                file.truncate(os.path.getsize(packed) * 3 // 4)
            done = self.verb("report", packed, second, status=1)
            self.assertRegex(done.stderr.decode(), rf"cannot read on in {packed} at byte \d+: the {tool} archive ends too early")
            requests = sum(row["requests"] for row in json_lines(done.stdout))
            self.assertGreater(requests, sum(row["requests"] for row in rest))
            self.verb("explain", packed, status=1)
            self.verb("replay", packed, status=1)

    def test_an_archive_of_another_kind_says_what_helps(self):
        path = self.write("homeserver.log.xz", b"\xfd7zXZ\0" + bytes(100))
        self.assertIn(b"xzcat", self.verb("report", path, status=1).stderr)


class SideBySide(Case):
    """The capture spread over the logs of several workers, each request in one of them."""

    def setUp(self):
        super().setUp()
        self.raw = b"".join(capture.recent_records())

    def spread(self, raw, workers, uneven=False):
        """Access lines by request over the workers; everything else stays with the first."""
        logs = [[] for _ in range(workers)]
        for record in records(raw):
            fields = record.split(b" - ")
            request = fields[4] if len(fields) > 4 else b""
            number = int(request.rsplit(b"-", 1)[-1]) if request.rsplit(b"-", 1)[-1].isdigit() else 0
            worker = (number // 40 + number) % workers if uneven else number % workers
            logs[worker].append(record)
        return [self.write(f"spread/worker-{worker}.log", b"".join(log)) for worker, log in enumerate(logs)]

    def alerts_of(self, *paths, more=()):
        done = noci("replay", "--rules", RULES, "--timezone", "UTC", "--format", "jsonl", *more, *paths)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        alerts = json_lines(done.stdout)
        # Whether a line is forged is told by the lines around it, and the split takes those apart.
        alerts = [alert for alert in alerts if alert["data"]["rule"]["id"] != FORGERY]
        self.assertTrue(alerts, "the capture's attacker must be seen, or this test shows nothing")
        return alerts

    def test_replay_of_the_parts_gives_the_alerts_of_the_whole(self):
        config = self.write("noci.yaml", json.dumps({"analysis": {"lateness": "10s"}, "rules": {"dir": RULES}}))
        whole = self.alerts_of(self.write("whole/homeserver.log", self.raw), more=["--config", config])
        for workers in (2, 3, 7):
            for uneven in (False, True):
                with self.subTest(workers=workers, uneven=uneven):
                    parts = self.alerts_of(*self.spread(self.raw, workers, uneven), more=["--config", config])
                    self.assertEqual([core(alert) for alert in parts], [core(alert) for alert in whole])

    def test_a_log_hours_longer_than_the_other_changes_nothing(self):
        config = self.write("noci.yaml", json.dumps({"analysis": {"lateness": "10s"}, "rules": {"dir": RULES}}))
        whole = self.alerts_of(self.write("whole/homeserver.log", self.raw), more=["--config", config])
        first, second = self.spread(self.raw, 2)
        with open(first, "rb") as file:
            begin = datetime.datetime.fromisoformat(file.readline().decode()[:19])
        ticks = [begin - datetime.timedelta(seconds=second) for second in range(7200, 0, -10)]
        before = b"".join(f"{tick},000 - synapse.util - 1 - INFO - sentinel - tick\n".encode() for tick in ticks)
        with open(first, "rb") as file:
            longer = self.write("longer/worker-0.log", before + file.read())
        parts = self.alerts_of(longer, second, more=["--config", config])
        self.assertEqual([core(alert) for alert in parts], [core(alert) for alert in whole])

    def live(self, logs, prepare=lambda: None, **source):
        """The alerts of a daemon that finds these logs and catches up."""
        inbox = Inbox(self)
        daemon = Daemon(self, [{"name": "logs", "paths": logs, "timezone": "UTC", **source}],
                        [inbox.webhook()], extra={"analysis": {"lateness": "10s"}})
        prepare()
        return daemon, inbox

    def caught_up(self, daemon, inbox, expected):
        inbox.wait_for(len(expected))
        wait_for("everything is delivered", lambda: daemon.metric("noci_outbox_pending") == 0)
        self.assertEqual(daemon.stop(), 0, daemon.log())
        taken = [alert for alert in inbox.taken() if alert["data"]["rule"]["id"] != FORGERY]
        order = lambda alerts: sorted((core(alert) for alert in alerts),  # noqa: E731
                                      key=lambda alert: (alert["timestamp"], alert["rule"]["id"], alert["sequence"]))
        self.assertEqual([self.nodeless(alert) for alert in order(taken)], [self.nodeless(alert) for alert in order(expected)])
        return taken

    @staticmethod
    def nodeless(alert):
        alert["rule"].pop("hash", None)
        return alert

    def replayed(self):
        config = self.write("noci.yaml", json.dumps({"analysis": {"lateness": "10s"}, "rules": {"dir": RULES}}))
        return self.alerts_of(self.write("whole/homeserver.log", self.raw), more=["--config", config])

    def test_the_daemon_catches_up_with_several_logs_as_with_one(self):
        expected = self.replayed()
        parts = self.spread(self.raw, 3)
        daemon, inbox = self.live([os.path.join(os.path.dirname(parts[0]), "*.log")], start_at="beginning")
        daemon.start()
        self.caught_up(daemon, inbox, expected)

    def test_a_first_start_reads_what_its_backfill_says_rotated_and_packed_too(self):
        if len(PACKERS) < 2:
            self.skipTest("skipped: needs gzip and zstd")
        expected = self.replayed()
        all_records = records(self.raw)
        third = len(all_records) // 3
        log = self.write("live/homeserver.log", b"".join(all_records[2 * third:]))
        for name, part, tool in (("homeserver.log.2", all_records[:third], "zstd"),
                                 ("homeserver.log.1", all_records[third:2 * third], "gzip")):
            pack(tool, self.write(f"live/{name}", b"".join(part)))
        daemon, inbox = self.live([log], backfill="24h")
        daemon.start()
        # A cursor stands before the lines that are held to be judged, so these would be read again.
        wait_for("what clients can write into is judged",
                 lambda: daemon.metric("noci_mixed_logs") > 0 and daemon.metric("noci_custody_lines") == 0)
        self.caught_up(daemon, inbox, expected)
        daemon.start()  # there are cursors now: nothing is read again
        with open(log, "ab") as file:
            file.write(b"".join(all_records[-1:]))
        wait_for("the new line is read", lambda: daemon.metric("noci_source_bytes_total") > 0)
        self.assertEqual(daemon.metric("noci_source_bytes_total"), len(all_records[-1]))
        self.assertEqual(daemon.stop(), 0, daemon.log())


if __name__ == "__main__":
    main()
