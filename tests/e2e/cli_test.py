"""The command line: exit codes, standard input, and every fault of a file at once with its place."""

import json
import os
import random
import re
import shutil
import subprocess

import capture
from harness import NOCI, ROOT, RULES, Case, json_lines, main, noci
from logs import join_rule

CORPUS = os.path.join(ROOT, "tests", "corpus", "synapse-v1.98.0")
# How Synapse's formatter "precise" begins a record.
RECORD = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - [\w.*]+ - \d+ - [A-Z]+ - ")


class CommandLine(Case):
    def ends(self, status, *arguments, **more):
        done = noci(*arguments, **more)
        self.assertEqual(done.returncode, status, (done.stdout[-2000:] + done.stderr[-2000:]).decode(errors="replace"))
        return done

    def test_version_and_help_are_fine(self):
        self.assertRegex(self.ends(0, "--version").stdout.decode(), r"^noci \d+\.\d+\.\d+\n$")
        self.assertIn("replay", self.ends(0, "--help").stdout.decode())
        self.assertIn("--timezone", self.ends(0, "replay", "--help").stdout.decode())

    def test_a_wrong_command_line_ends_with_2(self):
        for arguments in ([], ["dance"], ["report", "--colour"], ["report", "--by", "shoe.size", "x"], ["replay"],
                          ["report", "--since", "yesterday", "-"], ["why"]):
            with self.subTest(arguments=arguments):
                self.assertNotEqual(self.ends(2, *arguments).stderr, b"")

    def test_an_unknown_zone_is_usage(self):
        done = noci("explain", "--timezone", "Europe/Atlantis", "-")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"Atlantis", done.stderr)

    def test_a_missing_log_ends_with_3(self):
        for verb in (["explain"], ["report"], ["replay", "--rules", RULES]):
            done = self.ends(3, *verb, self.path("nowhere.log"))
            self.assertIn(b"nowhere.log", done.stderr)

    def test_a_missing_settings_file_is_at_fault(self):
        for verb in (["check"], ["run"], ["alerts", "test"]):
            done = self.ends(1, *verb, "--config", self.path("nowhere.yaml"))
            self.assertIn(b"nowhere.yaml", done.stderr + done.stdout)

    def test_status_without_a_daemon_ends_with_3(self):
        config = self.write("noci.yaml", f"control: {{socket: {self.path('no.sock')}}}\n")
        self.assertIn(b"no.sock", self.ends(3, "status", "--config", config).stderr)
        self.assertIn(b"no.sock", self.ends(3, "why", "@a:hs", "--config", config).stderr)

    def test_standard_input_and_a_file_are_told_alike(self):
        with open(capture.TEXT, "rb") as file:
            raw = file.read()
        for verb in (["explain"], ["report"], ["replay", "--rules", RULES]):
            with self.subTest(verb=verb):
                options = [*verb, "--timezone", "UTC", "--format", "jsonl"]
                piped = self.ends(0, *options, "-", stdin=raw).stdout
                named = self.ends(0, *options, capture.TEXT).stdout
                self.assertEqual(self.nameless(piped), self.nameless(named))

    @staticmethod
    def nameless(raw):
        """Lines without the name of the source, which differs."""
        lines = json_lines(raw)
        for line in lines:
            line.pop("log.source", None)
            line.pop("log.worker", None)
            for sample in line.get("data", {}).get("evidence", {}).get("samples", []):
                sample.pop("source", None)
        return lines

    def test_explain_gives_one_object_per_record_with_its_line(self):
        with open(capture.TEXT, "rb") as file:
            raw = file.read()
        objects = json_lines(self.ends(0, "explain", "--timezone", "UTC", "--format", "jsonl", "-", stdin=raw).stdout)
        lines = [entry["line"] for entry in objects]
        self.assertEqual(lines, sorted(set(lines)))
        starts = [number for number, line in enumerate(raw.split(b"\n"), 1) if RECORD.match(line)]
        self.assertEqual(lines, starts)
        self.assertLessEqual({entry["kind"] for entry in objects},
                             {"request", "login", "login_failed", "messages", "search", "restart", "ignored", "forged", "error"})
        self.assertIn("request", {entry["kind"] for entry in objects})

    def test_what_a_log_contains_never_changes_the_exit_code(self):
        noise = random.Random(7)
        for raw in (b"", b"\n\n", b"no log at all\n", b"\0" * 1000, noise.randbytes(100000), b"{" * 50000, b"x" * 3000000):
            for verb in (["explain"], ["report"], ["replay", "--rules", RULES]):
                self.ends(0, *verb, "-", stdin=raw)

    def test_every_fault_of_the_settings_is_told_at_once(self):
        config = self.write("noci.yaml", "nodes: a\nsources:\n  - path: /tmp/a.log\n    timezone: Europe/Atlantis\n"
                                         "    colour: red\nmetrics: {listen: nowhere}\n")
        done = self.ends(1, "check", "--config", config)
        said = (done.stdout + done.stderr).decode()
        for place, word in (("noci.yaml:1:1", "nodes"), ("noci.yaml:4:15", "Atlantis"), ("noci.yaml:5:5", "colour"),
                            ("noci.yaml:6:19", "nowhere")):
            with self.subTest(place=place):
                self.assertRegex(said, rf"{place}: [^\n]*{word}")

    def test_every_fault_of_a_rule_is_told_at_once(self):
        broken = join_rule(more="colour: red\n").replace("event.action: room_join}\ncorr", "event.actoin: room_join}\ncorr")
        broken = broken.replace("timespan: 10m", "timespan: soon").replace("level: high", "level: loud")
        self.write("rules/broken.yaml", broken)
        said = self.ends(1, "rules", "test", self.path("rules"))
        said = (said.stdout + said.stderr).decode()
        for line, word in ((4, "loud"), (8, "event.actoin"), (12, "soon"), (17, "colour")):
            with self.subTest(word=word):
                self.assertRegex(said, rf"broken\.yaml:{line}:\d+: [^\n]*{word}")

    def test_broken_yaml_has_a_place(self):
        self.write("rules/broken.yaml", "title: [\n")
        said = self.ends(1, "rules", "test", self.path("rules"))
        self.assertRegex((said.stdout + said.stderr).decode(), r"broken\.yaml:\d+:\d+: ")

    def test_a_failing_test_of_a_rule_ends_with_1(self):
        self.write("rules/joins.yaml", join_rule())
        self.ends(0, "rules", "test", self.path("rules"))
        self.write("rules/joins.yaml", join_rule().replace("at_event: 6", "at_event: 5"))
        said = self.ends(1, "rules", "test", self.path("rules"))
        self.assertIn("one too many", (said.stdout + said.stderr).decode())

    def test_the_shipped_rules_pass_their_tests(self):
        self.ends(0, "rules", "test", RULES)

    def test_the_shipped_settings_are_without_fault(self):
        """What they say of this machine (no Synapse, no /var/lib/noci) is another matter."""
        with open(os.path.join(ROOT, "config", "noci.yaml")) as file:
            text = file.read()
        config = self.write("noci.yaml", text.replace("/usr/share/noci/rules", RULES))
        done = noci("check", "--config", config)
        self.assertNotEqual(done.returncode, 1, (done.stdout + done.stderr).decode())
        self.assertNotRegex((done.stdout + done.stderr).decode(), r"noci\.yaml:\d+:\d+: fault")

    def check_logs(self, *sources):
        config = self.write("noci.yaml", json.dumps({"sources": list(sources), "rules": {"dir": RULES},
                                                     "state": {"dir": self.folder},
                                                     "control": {"socket": self.path("control.sock")}}))
        done = noci("check", "--config", config)
        return (done.stdout + done.stderr).decode()

    def test_check_tells_which_logs_clients_can_write_into(self):
        text = os.path.join(CORPUS, "homeserver.log")
        said = self.check_logs({"name": "text", "path": text, "timezone": "UTC"})
        self.assertIn(f"warn  log {text} is a mixed text log", said)
        json_log = os.path.join(CORPUS, "homeserver.json.log")
        self.assertNotIn("mixed", self.check_logs({"name": "json", "path": json_log}))
        with open(text, "rb") as file:
            access = [line for line in file if b" - synapse.access." in line and b"- GET-9000" not in line]
        alone = self.write("access.log", b"".join(access).decode(errors="replace"))
        self.assertNotIn("mixed", self.check_logs({"name": "access", "path": alone, "timezone": "UTC"}))

    def test_check_names_two_logs_of_one_process(self):
        both = [{"name": "text", "path": os.path.join(CORPUS, "homeserver.log"), "timezone": "UTC"},
                {"name": "json", "path": os.path.join(CORPUS, "homeserver.json.log")}]
        self.assertIn("show the same requests, which count once", self.check_logs(*both))
        for source in both:
            source["homeserver"] = "hs.example"
        self.assertIn("show the same requests, which count once", self.check_logs(*both))
        both[0]["worker"] = "main"
        self.assertIn("show the same requests and would count twice", self.check_logs(*both))

    def test_check_prints_the_acl_that_helps(self):
        command = [NOCI]
        if os.geteuid() == 0:
            # Root without its capabilities may read no more than anybody else.
            if not shutil.which("setpriv"):
                self.skipTest("skipped: needs setpriv (util-linux) or an ordinary user")
            command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", NOCI]
        log = self.write("closed.log", "")
        os.chmod(log, 0)
        config = self.write("noci.yaml", json.dumps({"sources": [{"path": log}], "rules": {"dir": RULES},
                                                     "state": {"dir": self.folder},
                                                     "control": {"socket": self.path("control.sock")}}))
        done = subprocess.run([*command, "check", "--config", config], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        for line in (f"setfacl -R -m u:noci:rX {self.folder}\n", f"setfacl -d -m u:noci:rX {self.folder}\n"):
            self.assertIn(line, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
