"""noci says when it is blind: a log that stops, one that vanishes, access lines that are switched off,
a format that changed, lost lines; told once, over restarts too, and taken back once."""

import json
import os
import random
import threading
import time

import lossy
from harness import Case, Daemon, main, noci, wait_for
from inbox import Inbox
from logs import TextLog, join_rule

# Seconds where an operator has minutes. Long enough for a machine that does other things meanwhile.
SHORT = {"warm_up": "2s", "silence_least": "4s", "silence_most": "1h", "unreadable": "3s", "behind": "1h",
         "clock_skew": "10s", "span": "10s", "settle": "1s"}

SPAN = 5  # seconds over which lost lines are measured


class Writer:
    """Synapse, alive: some access lines and another line every 100 ms until it is stopped."""

    def __init__(self, case, log):
        self.log = log
        self.access = True
        self.garbage = False
        self.running = None
        case.addCleanup(self.stop)

    def start(self):
        self.running = threading.Event()
        self.thread = threading.Thread(target=self.write, args=(self.running,), daemon=True)
        self.thread.start()
        return self

    def stop(self):
        if self.running:
            self.running.set()
            self.thread.join()
            self.running = None

    def write(self, stopped):
        while not stopped.wait(0.1):
            access = self.log.line("@a:hs.example", "GET", "/_matrix/client/v3/profile/@b:hs.example")
            if self.garbage:
                self.log.append(f"<{time.time()}> a format that nobody knows | level=info\n" * 3)
                continue
            if self.access:
                self.log.append(access)
            other = access.replace("synapse.access.http.8008", "synapse.handlers.presence")
            self.log.append(other.partition(" - {")[0] + " - Doing something else\n")


class Blind(Case):
    def setUp(self):
        super().setUp()
        self.log = TextLog(self.path("homeserver.log"))
        self.write("rules/joins.yaml", join_rule())
        self.inbox = Inbox(self)
        self.writer = Writer(self, self.log)

    def daemon(self, format="detect", **health):
        source = {"name": "synapse", "paths": [self.log.path], "timezone": "UTC", "format": format}
        return Daemon(self, [source], [self.inbox.webhook(levels=["critical"])], rules=self.path("rules"),
                      extra={"health": {**SHORT, **health}})

    def news(self):
        """[(type, cause)] as they came, each webhook id once."""
        return [(payload["type"], payload["data"]["health"]["cause"]) for payload in self.inbox.taken()]

    def wait_for_news(self, *expected):
        wait_for(f"{expected}", lambda: self.news() == list(expected) or len(self.news()) > len(expected))
        self.assertEqual(self.news(), list(expected))
        return self.inbox.taken()[-1]

    def warm(self, daemon):
        # Only what noci has heard of for a while can fall silent.
        wait_for("the rhythm is known", lambda: daemon.metric("noci_source_silence_limit_seconds") < 3600)

    def test_a_stopped_log_is_told_once_over_restarts_and_taken_back_once(self):
        daemon = self.daemon().start()
        self.writer.start()
        self.warm(daemon)
        self.assertEqual(daemon.metric("noci_blind", source="synapse", cause="silent"), 0)
        self.writer.stop()
        stopped = time.time()
        blind = self.wait_for_news(("system.blind", "silent"))
        took = time.time() - stopped
        limit = blind["data"]["health"]["limit"]
        self.assertGreaterEqual(took, limit - 1)
        self.assertLess(took, limit + 30, "within its limit, and a busy machine's slack")
        print(f"silent: limit {limit:.1f} s, told after {took:.1f} s")

        data = blind["data"]
        self.assertEqual(data["entity"], {"kind": "source", "key": "synapse", "members": [
            {"kind": "source", "field": "log.source", "key": "synapse"}]})
        self.assertEqual((data["status"], data["level"], data["sequence"]), ("firing", "high", 1))
        self.assertRegex(data["summary"], r"^noci is blind to the log synapse since \S+Z: nothing was written for .*Synapse runs")
        self.assertTrue(all(self.inbox.is_signed(request) for request in self.inbox.requests))
        status, body = daemon.get("/readyz")
        self.assertEqual(status, 503)
        self.assertRegex(body, r"^not ready\nblind to the log synapse since \S+: silent\n$")
        self.assertEqual(daemon.metric("noci_blind", source="synapse", cause="silent"), 1)
        shown = noci("status", "--config", daemon.config).stdout.decode()
        self.assertRegex(shown, r"BLIND +to the log synapse since \S+: silent")
        full = json.loads(noci("status", "--format", "json", "--config", daemon.config).stdout)
        self.assertEqual(full["sources"][0]["health"]["blind"], ["silent"])

        for stop in (daemon.stop, daemon.kill):
            stop()
            daemon.start(wait=False)
            wait_for("the daemon looks", lambda: daemon.metric("noci_blind", source="synapse", cause="silent") == 1)
        self.assertEqual(self.news(), [("system.blind", "silent")])

        self.writer.start()
        recovered = self.wait_for_news(("system.blind", "silent"), ("system.recovered", "silent"))
        self.assertEqual(recovered["data"]["alert_id"], data["alert_id"])
        self.assertEqual((recovered["data"]["status"], recovered["data"]["sequence"]), ("resolved", 2))
        self.assertEqual(recovered["data"]["reason"], "recovered")
        self.assertRegex(recovered["data"]["summary"], "^noci sees the log synapse again; it was blind for ")
        self.assertEqual(recovered["data"]["health"]["since"], data["health"]["since"])
        wait_for("ready again", lambda: daemon.get("/readyz")[0] == 200)
        self.assertEqual(daemon.stop(), 0)
        daemon.start()
        self.assertEqual(len(self.inbox.requests), 2, "each was sent once")
        self.assertEqual(daemon.metric("noci_blind_episodes_total", source="synapse", cause="silent"), 1)

    def test_an_access_logger_that_is_switched_off(self):
        daemon = self.daemon().start()
        self.writer.start()
        self.warm(daemon)
        wait_for("access lines are known", lambda: daemon.metric("noci_source_requests_total") > 30)
        self.writer.access = False
        self.wait_for_news(("system.blind", "no_requests"))
        self.writer.access = True
        self.wait_for_news(("system.blind", "no_requests"), ("system.recovered", "no_requests"))

    def test_a_format_that_changes_altogether(self):
        """In a text log its lines seem to continue the last record; but access lines have stopped."""
        daemon = self.daemon().start()
        self.writer.start()
        self.warm(daemon)
        self.writer.garbage = True
        self.wait_for_news(("system.blind", "no_requests"))

    def test_a_format_that_is_not_the_expected_one(self):
        self.daemon(format="json").start()
        self.writer.start()
        blind = self.wait_for_news(("system.blind", "not_understood"))
        self.assertEqual(blind["data"]["health"]["unit"], "share")
        self.assertGreater(blind["data"]["health"]["value"], 0.05)

    def test_a_file_that_is_taken_away(self):
        daemon = self.daemon(silence_least="1h").start()
        self.writer.start()
        wait_for("lines are read", lambda: daemon.metric("noci_source_requests_total") > 5)
        self.writer.stop()
        os.rename(self.log.path, self.path("elsewhere"))
        blind = self.wait_for_news(("system.blind", "unreadable"))
        self.assertIn(self.log.path + " does not exist", blind["data"]["health"]["detail"])
        self.log.append("")
        self.writer.start()
        self.wait_for_news(("system.blind", "unreadable"), ("system.recovered", "unreadable"))

    def test_nothing_is_told_when_the_settings_say_so_but_metrics_and_log_do(self):
        daemon = self.daemon(alerts=False).start()
        self.writer.start()
        self.warm(daemon)
        self.writer.stop()
        wait_for("noci is blind", lambda: daemon.metric("noci_blind", cause="silent") == 1)
        self.assertIn("event=blind cause=silent", daemon.log())
        self.assertEqual(self.inbox.requests, [])


class LostLines(Case):
    """5 % of one worker's access lines are taken out of a genuine capture, played over and over."""

    def setUp(self):
        super().setUp()
        self.inbox = Inbox(self)
        random.seed(20261123)

    def test_the_measured_loss_is_near_the_true_one(self):
        logs = {name: lossy.Play(self.path(f"{name}.log")) for name in ("whole", "lossy")}
        self.write("rules/joins.yaml", join_rule(limit=400))
        sources = [{"name": name, "paths": [log.path], "timezone": "UTC", "worker": name} for name, log in logs.items()]
        daemon = Daemon(self, sources, [self.inbox.webhook()], rules=self.path("rules"),
                        extra={"health": {**SHORT, "warm_up": "1h", "span": f"{SPAN}s"}}).start()

        def play_until(what, condition):
            def step():
                for log in logs.values():
                    log.write(100)
                return condition()
            wait_for(what, step)

        def lost(worker):
            return daemon.metric("noci_worker_lost_ratio", worker=worker)

        def known(worker):
            return any(labels.get("worker") == worker for labels, _ in daemon.metrics().get("noci_worker_lost_ratio", ()))

        play_until("the base gap is learnt", lambda: known("whole") and known("lossy"))
        base = daemon.metric("noci_worker_base_gap_ratio", worker="lossy")
        self.assertGreater(base, 0.004)
        self.assertLess(base, 0.03)
        logs["lossy"].lost = 0.05
        began = time.monotonic()
        mark = daemon.metric("noci_worker_requests_total", worker="lossy")
        play_until("it is told", lambda: self.inbox.taken())
        # Until the whole span, and the pane that began before it, are of the time of the loss.
        play_until("two spans and some thousand lines more", lambda: time.monotonic() - began > 2 * SPAN and
                   daemon.metric("noci_worker_requests_total", worker="lossy") > mark + 15000)
        truth = logs["lossy"].taken_out / logs["lossy"].since_loss
        print(f"base gap {base:.4f}; truly lost {truth:.4f}, measured {lost('lossy'):.4f}; of the other {lost('whole'):.4f}")
        self.assertGreater(lost("lossy"), truth / 1.5)
        self.assertLess(lost("lossy"), truth * 1.5)
        self.assertLess(lost("whole"), 0.01)
        payloads = self.inbox.taken()
        told = [(payload["type"], payload["data"]["entity"]["kind"], payload["data"]["entity"]["key"])
                for payload in payloads if payload["type"].startswith("system.")]
        self.assertEqual(told, [("system.blind", "worker", "lossy")])


if __name__ == "__main__":
    main()
