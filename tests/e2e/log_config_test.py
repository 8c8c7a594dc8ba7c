"""The log configurations that docs/sources.md recommends are taken by Python's logging, put into
noci's file what noci needs and nothing a client can break into lines; and the examples of sources
are settings that load."""

import glob
import importlib.util
import io
import json
import logging
import logging.config
import os
import subprocess
import sys
import types
import unittest

from harness import ROOT, RULES, Case, main, noci

FOLDER = os.path.join(ROOT, "config")
LOGGERS = ("synapse.access.http.8008", "synapse.rest.client.room", "synapse.handlers.auth", "synapse.rest.client.login",
           "synapse.handlers.search", "synapse.config.logger", "synapse.http.server", "twisted")
# Its text is percent-encoded as it came, or made by Synapse alone.
SAFE_AS_TEXT = {"synapse.access.http.8008", "synapse.rest.client.room"}
NEEDED = LOGGERS[:6]


class StandIn(logging.Formatter):
    """In place of Synapse's TerseJsonFormatter: the keys it always writes."""

    def format(self, record):
        return json.dumps({"log": record.getMessage(), "namespace": record.name, "level": record.levelname,
                           "time": round(record.created, 2), "request": record.request})


def with_request(factory):
    """Synapse's records carry the name of the request they belong to."""
    def make(*arguments, **keywords):
        record = factory(*arguments, **keywords)
        record.request = "GET-1"
        return record
    return make


@unittest.skipUnless(importlib.util.find_spec("yaml"), "skipped: needs python3-yaml")
class LogConfig(Case):
    def setUp(self):
        super().setUp()
        package, module = types.ModuleType("synapse"), types.ModuleType("synapse.logging")
        module.TerseJsonFormatter = StandIn
        package.logging = module
        sys.modules.update({"synapse": package, "synapse.logging": module})
        factory = logging.getLogRecordFactory()
        logging.setLogRecordFactory(with_request(factory))
        self.addCleanup(logging.setLogRecordFactory, factory)
        self.addCleanup(logging.config.dictConfig, {"version": 1, "disable_existing_loggers": False, "root": {"handlers": []}})

    def configure(self, name):
        import yaml
        with open(os.path.join(FOLDER, "synapse", name)) as file:
            settings = yaml.safe_load(file)
        for handler in settings["handlers"].values():
            if "filename" in handler:
                handler["filename"] = self.path(os.path.basename(handler["filename"]))
        logging.config.dictConfig(settings)
        for logger in LOGGERS:
            logging.getLogger(logger).info("from %s\nforged", logger)
            logging.getLogger(logger).debug("too much")
        for handler in logging.getLogger("synapse.access").handlers:
            handler.flush()

    def lines(self, name):
        with open(self.path(name)) as file:
            return file.read().splitlines()

    def test_the_recommended_one(self):
        self.configure("log.yaml")
        records = [json.loads(line) for line in self.lines("homeserver.noci.log")]
        self.assertEqual([record["namespace"] for record in records], list(NEEDED))
        # People see everything, once.
        self.assertEqual(sum(" - from " in line for line in self.lines("homeserver.log")), len(LOGGERS))
        self.assertFalse(any("too much" in line for line in self.lines("homeserver.log")))

    def test_the_one_for_text(self):
        self.configure("log-text.yaml")
        seen = {line.split(" - ")[1] for line in self.lines("homeserver.noci.log") if " - from " in line}
        self.assertEqual(seen, SAFE_AS_TEXT)
        self.assertEqual(sum(" - from " in line for line in self.lines("homeserver.log")), len(LOGGERS))

    def test_the_one_for_standard_output(self):
        out, sys.stdout = sys.stdout, io.StringIO()
        try:
            self.configure("log-stdout.yaml")
            text = sys.stdout.getvalue()
        finally:
            sys.stdout = out
        self.assertEqual([json.loads(line)["namespace"] for line in text.splitlines()], list(LOGGERS))

    def test_what_they_write_is_what_noci_reads(self):
        self.configure("log.yaml")
        done = noci("explain", "--format", "jsonl", self.path("homeserver.noci.log"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), len(NEEDED))

    def test_what_stands_in_both_files_counts_once(self):
        """A folder is what people name for a report, and both files are in it."""
        logs = [self.path("homeserver.log"), self.path("homeserver.noci.log")]
        for name in ("log.yaml", "log-text.yaml"):
            with self.subTest(name=name):
                self.configure(name)
                line = ('192.0.2.1 - 8008 - {@a:hs} Processed request: 0.010sec/0.001sec (0.002sec, 0.000sec) (0.001sec/0.002sec/3) '
                        '100B 200 "GET /_matrix/client/v3/sync HTTP/1.1" "x/1" [0 dbevts]')
                logging.getLogger("synapse.access.http.8008").info(line)
                done = noci("report", "--format", "jsonl", *logs)
                for log in logs:
                    os.remove(log)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual([json.loads(row)["requests"] for row in done.stdout.splitlines()], [1])


class Examples(Case):
    def test_every_example_of_sources_loads(self):
        examples = sorted(glob.glob(os.path.join(FOLDER, "sources", "*.yaml")))
        self.assertGreaterEqual(len(examples), 6)
        for example in examples:
            with self.subTest(example=os.path.basename(example)):
                with open(example) as file:
                    text = file.read()
                config = self.write(os.path.basename(example),
                                    f"{text}\nrules: {{dir: {RULES}}}\nstate: {{dir: {self.folder}}}\n")
                done = noci("check", "--config", config)
                # 3: this machine has no such logs; 1 would be the example's own fault.
                self.assertIn(done.returncode, (0, 3), done.stdout)
                self.assertNotIn(b"warn  " + config.encode(), done.stdout)

    def test_the_rsyslog_example_is_valid(self):
        import senders
        if senders.RSYSLOGD is None:
            self.skipTest("skipped: needs rsyslogd")
        with open(os.path.join(ROOT, "docs", "sources.md")) as file:
            text = file.read()
        example = text.partition("```text\n# rsyslog")[2].partition("```")[0]
        self.assertIn("omfwd", example)
        work = f'global(workDirectory="{self.folder}")\n'
        done = subprocess.run([senders.RSYSLOGD, *senders.modules(), "-N1", "-f", self.write("r.conf", work + "#" + example)],
                              capture_output=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    main()
