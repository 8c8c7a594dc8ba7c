"""/metrics as Prometheus wants it, /healthz, /readyz; and no label that an attacker could choose."""

import os
import re
import shutil
import subprocess
import unittest

import capture
from harness import ROOT, Case, Daemon, main, wait_for

# Learnt while the daemon runs, from lines that come while it looks.
NOT_YET = ("noci_source_clock_skew_seconds", "noci_worker_base_gap_ratio", "noci_worker_lost_ratio")
# By webhook, and this daemon has none.
OF_WEBHOOKS = ("noci_deliveries_total", "noci_outbox_given_up_total", "noci_heartbeats_total", "noci_digests_total",
               "noci_gathered_alerts_total")
TOOLS = os.path.join(ROOT, "build", "tools")


class Metrics(Case):
    def setUp(self):
        super().setUp()
        self.raw = b"".join(capture.recent_records())
        log = self.write("homeserver.log", self.raw)
        source = {"name": "synapse", "paths": [log], "timezone": "UTC", "start_at": "beginning"}
        self.daemon = Daemon(self, [source])
        self.daemon.start()
        wait_for("the capture is read", lambda: self.daemon.metric("noci_source_bytes_total") == len(self.raw))

    def promtool(self):
        found = shutil.which("promtool", path=os.environ["PATH"] + os.pathsep + TOOLS)
        if not found:
            raise unittest.SkipTest("skipped: needs promtool (packaging/install-deps --tests)")
        return found

    def test_promtool_finds_nothing_to_say(self):
        promtool = self.promtool()
        text = self.daemon.get("/metrics")[1]
        done = subprocess.run([promtool, "check", "metrics"], input=text.encode(), capture_output=True, check=False)
        self.assertEqual((done.returncode, (done.stdout + done.stderr).decode()), (0, ""))

    def test_the_alerting_rules_are_sound_and_of_metrics_that_exist(self):
        rules = os.path.join(ROOT, "packaging", "prometheus", "noci.rules.yml")
        done = subprocess.run([self.promtool(), "check", "rules", rules], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, (done.stdout + done.stderr).decode())
        with open(rules) as file:
            asked = set(re.findall(r"\bnoci_\w+", file.read()))
        text = self.daemon.get("/metrics")[1]
        later = {*OF_WEBHOOKS, "noci_worker_lost_ratio"}
        self.assertEqual({name for name in asked - later if f"# TYPE {name} " not in text}, set())

    def test_health_and_readiness(self):
        self.assertEqual(self.daemon.get("/healthz")[0], 200)
        self.assertEqual(self.daemon.get("/readyz")[0], 200)
        self.assertEqual(self.daemon.get("/nothing-here")[0], 404)

    def test_what_was_read_is_counted(self):
        wait_for("held records are judged", lambda: self.daemon.metric("noci_records_total") >= len(capture.recent_records()) - 200)
        metrics = self.daemon.metrics()
        self.assertEqual(self.daemon.metric("noci_build_info"), 1)
        self.assertGreater(self.daemon.metric("noci_events_total", action="room_messages"), 200)
        self.assertGreater(self.daemon.metric("noci_alerts_total"), 0)
        self.assertGreater(self.daemon.metric("noci_keys"), 0)
        self.assertEqual(self.daemon.metric("noci_config_valid"), 1)
        self.assertIn("noci_event_lag_seconds", metrics)

    def test_every_metric_is_documented_and_every_documented_one_is_there(self):
        with open(os.path.join(ROOT, "docs", "metrics.md")) as file:
            table = file.read().partition("\n## ")[0]
        documented = {word.strip("`").partition("{")[0] for line in table.splitlines() if line.startswith("| `")
                      for word in line.split("|")[1].split(", ") for word in [word.strip()]}
        there = {name for name in self.daemon.metrics()}
        self.assertEqual(there - documented, set())
        text = self.daemon.get("/metrics")[1]
        silent = {name for name in documented - there if f"# TYPE {name} " not in text}
        # Those of listeners stand where there is one.
        silent = {name for name in silent if not name.startswith("noci_intake_")}
        self.assertEqual(silent - {*OF_WEBHOOKS, *NOT_YET}, set())

    def test_no_label_names_a_user_a_room_or_an_address(self):
        truth = capture.truth()
        personal = {user for actor in truth["actors"].values() for user in actor["user_ids"]}
        personal |= {user.split(":")[0].lstrip("@") for user in personal if user.startswith("@")} - {"root", "orla"}
        # An oddity of the capture: `X-Forwarded-For: unknown`.
        personal |= (set(truth["by_ip"]) - {"unknown"}) | {entry["room"] for entry in capture.requests() if entry.get("room")}
        values = {value for samples in self.daemon.metrics().values() for labels, _ in samples
                  for value in labels.values()}
        self.assertGreater(len(values), 10)
        self.assertEqual(values & personal, set())
        self.assertEqual({value for value in values if set("@!#") & set(value)}, set())


if __name__ == "__main__":
    main()
