"""Truth from a real Synapse with workers, whose processes number their requests each for itself and call
one another over HTTP. Needs PostgreSQL and Redis: packaging/install-deps --tests."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import Case, main, wait_for  # noqa: E402
from inbox import Inbox  # noqa: E402
from synapse import accuracy, alerts  # noqa: E402
from synapse.ledger import Ledger  # noqa: E402
from synapse.merge import replication_calls  # noqa: E402
from synapse.merge import merged  # noqa: E402
from synapse.record import record  # noqa: E402
from synapse.releases import NEWEST  # noqa: E402
from synapse.watch import Watch, say_good_bye  # noqa: E402
from synapse.workers import Workers  # noqa: E402
from synapse.world import World  # noqa: E402


class ManyProcesses(Case):
    def test_no_request_counts_twice_and_alerts_are_those_of_one_log(self):
        server = Workers(self, NEWEST)
        inbox = Inbox(self)
        watches = [Watch(self, "text", server.text_logs, [inbox.webhook()], [alerts.LOW]), Watch(self, "JSON", server.json_logs)]
        server.start()
        ledger = Ledger()
        world = World(self, server, ledger, legacy=False)
        world.furnish()
        world.everybody()
        say_good_bye(server, ledger)
        for watch in watches:
            watch.catch_up(ledger)
        record(f"synapse-v{NEWEST}-workers", server, ledger, with_json=False)
        comparison = accuracy.Comparison(self, ledger, watches, NEWEST)
        comparison.check()
        self.check_replication(watches, comparison)
        with self.subTest("alerts"):
            self.check_alerts(watches[0], inbox, comparison)
        comparison.publish("workers")

    def check_replication(self, watches, comparison):
        """What processes ask of one another is in the logs and counted for nobody."""
        for watch in watches:
            with self.subTest(log=watch.name):
                # Processes go on talking to one another.
                wait_for("as many are ignored as were logged", lambda watch=watch: replication_calls(watch.logs) ==
                         watch.daemon.metric("noci_ignored_records_total", reason="replication"))
        internal = replication_calls(watches[0].logs)
        self.assertGreater(internal, 50)
        comparison.line("requests between processes", internal, [0, 0], "none is counted")

    def check_alerts(self, watch, inbox, comparison):
        wait_for("everything is delivered", lambda: watch.daemon.metric("noci_outbox_pending") == 0)
        count, collisions = alerts.check_against_one_log(self, watch.logs, alerts.essence(inbox.taken()))
        comparison.line("alerts, against one merged log", count, [count, "–"], f"{collisions} request numbers in several processes")


if __name__ == "__main__":
    main(accuracy.write)
