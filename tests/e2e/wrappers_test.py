"""A genuine capture, wrapped as container runtimes and the journal store it, means what the plain one means."""

import re
import subprocess

import capture
import wrappers
from harness import NOCI, Case, json_lines, main, noci

RECORD = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - ")


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Wrappers(Case):
    """Standard input names no process, so that the plain log and the wrapped one can agree in every field."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.raw = {"text": read(capture.TEXT), "json": read(capture.JSON)}
        cls.plain = {name: cls.explain(raw) for name, raw in cls.raw.items()}
        cls.reports = {name: cls.report(raw) for name, raw in cls.raw.items()}

    @staticmethod
    def run_verb(verb, raw):
        done = noci(verb, "--timezone", "UTC", "--format", "jsonl", "-", stdin=raw)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode(errors="replace"))
        return done.stdout

    @classmethod
    def explain(cls, raw):
        """Events without their line, which wrapping changes, and without the process's name."""
        events = json_lines(cls.run_verb("explain", raw))
        for event in events:
            event.pop("line")
            event.pop("log.worker", None)
        return events

    @classmethod
    def report(cls, raw):
        return cls.run_verb("report", raw)

    def check_same(self, name, wrapped):
        events = self.explain(wrapped)
        for plain, seen in zip(self.plain[name], events):
            self.assertEqual(plain, seen)
        self.assertEqual(len(self.plain[name]), len(events))
        self.assertEqual(self.reports[name], self.report(wrapped))

    def test_docker_json_file(self):
        for name, raw in self.raw.items():
            with self.subTest(format=name):
                self.check_same(name, wrappers.docker(raw))

    def test_docker_json_file_with_split_lines(self):
        for name, raw in self.raw.items():
            with self.subTest(format=name):
                wrapped = wrappers.docker(raw, size=97)
                self.assertGreater(wrapped.count(b"\n"), 3 * raw.count(b"\n"))
                self.check_same(name, wrapped)

    def test_cri(self):
        for name, raw in self.raw.items():
            with self.subTest(format=name):
                self.check_same(name, wrappers.cri(raw))

    def test_cri_with_split_lines(self):
        for name, raw in self.raw.items():
            with self.subTest(format=name):
                self.check_same(name, wrappers.cri(raw, size=97))

    def test_journal_of_standard_error(self):
        for name, raw in self.raw.items():
            with self.subTest(format=name):
                self.check_same(name, wrappers.journal(raw))

    def test_journal_with_split_lines(self):
        for name, raw in self.raw.items():
            with self.subTest(format=name):
                self.check_same(name, wrappers.journal(raw, size=97))

    def test_journal_of_pythons_handler(self):
        self.check_same("text", wrappers.journal_handler(self.raw["text"], RECORD.match))

    def test_wrappers_nest(self):
        for name, raw in self.raw.items():
            for wrap in (wrappers.docker, wrappers.cri, wrappers.journal):
                with self.subTest(format=name, wrapper=wrap.__name__):
                    self.check_same(name, wrap(wrappers.workers_image(raw)))
        self.check_same("text", wrappers.docker(wrappers.rfc5424(self.raw["text"])))

    def test_channels_interleave(self):
        """Split records of one channel, whole ones of the other in between."""
        raw = self.raw["json"]
        noise = b'{"log":"","namespace":"noise","level":"INFO"}'
        events = self.explain(wrappers.cri(raw, size=97, between=noise))
        self.assertEqual([event for event in events if event.get("reason") != "other_logger"],
                         [event for event in self.plain["json"] if event.get("reason") != "other_logger"])

    def test_a_record_of_megabytes_is_skipped_in_bounded_memory(self):
        record = b"2026-11-22 20:55:51,598 - synapse.rest.client.login - 1 - INFO - POST-1 - Got login request with "
        huge = record + b"x" * (60 << 20) + b"\n"
        for wrap in (wrappers.docker, wrappers.cri, wrappers.journal):
            with self.subTest(wrapper=wrap.__name__):
                path = self.write("huge.log", "")
                with open(path, "wb") as file:
                    file.write(wrap(huge) + wrap(self.raw["text"][:20000].rpartition(b"\n")[0] + b"\n"))
                done = subprocess.run(["/bin/sh", "-c", 'ulimit -v "$0" && exec "$@"', self.memory_limit(), NOCI,
                                       "explain", "--timezone", "UTC", "--format", "jsonl", path],
                                      capture_output=True, check=False, timeout=300)
                self.assertEqual(done.returncode, 0, done.stderr[-2000:])
                events = json_lines(done.stdout)
                self.assertEqual([event.get("reason") for event in events].count("oversize"), 1)
                self.assertTrue(any(event["kind"] == "request" for event in events))

    @staticmethod
    def memory_limit():
        """Kibibytes of address space: far less than the record. A sanitizer reserves terabytes of it."""
        with open(NOCI, "rb") as file:
            return "unlimited" if b"__asan_init" in file.read() else str(48 << 10)


if __name__ == "__main__":
    main()
