"""Truth from a real Synapse, newest and one from before 1.144: clients of ours take data out by every
route and keep a ledger; noci's counters must say the same, from the text log and from the JSON log, also
after attackers have written into them. The releases come from PyPI into build/e2e-synapse-VERSION."""

import ipaddress
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import Case, main, wait_for  # noqa: E402
from inbox import Inbox  # noqa: E402
from synapse import accuracy, forgeries  # noqa: E402
from synapse.forge import ADDRESS, Forger  # noqa: E402
from synapse.ledger import Ledger  # noqa: E402
from synapse.record import record  # noqa: E402
from synapse.releases import NEWEST, OLDER, labels_times  # noqa: E402
from synapse.server import Homeserver  # noqa: E402
from synapse.watch import Watch, say_good_bye  # noqa: E402
from synapse.world import World  # noqa: E402


class OneProcess(Case):
    def check_release(self, version, section):
        server = Homeserver(self, version)
        inboxes = [Inbox(self), Inbox(self)]
        watches = [Watch(self, name, logs, [inbox.webhook()]) for (name, logs), inbox in
                   zip((("text", server.text_logs), ("JSON", server.json_logs)), inboxes)]
        server.start()
        ledger = Ledger()
        world = World(self, server, ledger)
        world.furnish()
        world.everybody()
        attacker = world.attack()
        say_good_bye(server, ledger)
        for watch in watches:
            watch.catch_up(ledger)
        honest = accuracy.Comparison(self, ledger, watches, version)
        honest.check()
        honest.publish(section)
        for watch, inbox in zip(watches, inboxes):
            with self.subTest(log=watch.name):
                wait_for("the attacker's alert", lambda: any(alert["data"]["entity"]["key"] == attacker.user
                                                             for alert in inbox.taken()))
                # One client's agents look like parts of log lines, and there is a rule for that.
                keys = {alert["data"]["entity"]["key"] for alert in inbox.taken()
                        if "log" not in alert["data"]["rule"]["title"].lower()}
                self.assertIn(attacker.user, keys)
                # Rules may count over all that use one agent, over a network, and over the whole server ("").
                network = str(ipaddress.ip_network(f"{attacker.address}/24", strict=False))
                self.assertLessEqual(keys, {attacker.user, attacker.address, network, attacker.headers["User-Agent"], ""})

        forger = self.write_into_the_log(world)
        say_good_bye(server, ledger)
        for watch in watches:
            watch.catch_up(ledger)
        record(f"synapse-v{version}", server, ledger, forger.attacks)
        rows = forgeries.verdicts(forger.attacks, watches[0].explained())
        accuracy.publish(f"forged lines, {section}", accuracy.heading(version) + accuracy.markdown(*forgeries.table(rows)) +
                         f"\n\nWithout a line of their own, and counted for nobody else: {forgeries.read_as_they_are(rows)}.")
        forgeries.check(self, "text", rows)
        nothing = forgeries.verdicts(forger.attacks, watches[1].explained())
        self.assertEqual([row[1] + row[3] for row in nothing], [0] * len(nothing))
        accuracy.Comparison(self, ledger, watches, version, apart=(ADDRESS, None)).check()

    def write_into_the_log(self, world):
        bystander = world.joiner("bystander", world.rooms[:4])
        anonymous = world.client("anonymous")

        def meanwhile():
            bystander.page_through(world.rooms[1], 5, pages=2)
            bystander.download(world.files[0])
            anonymous.download_of_old(world.files[1])

        forger = Forger(self, world.server, world.ledger, labelled=labels_times(world.server.version))
        forger.whole_lines(meanwhile)
        forger.in_lines()
        meanwhile()
        return forger

    def test_newest_release(self):
        self.check_release(NEWEST, "newest release")

    def test_release_that_does_not_tell_message_counts(self):
        self.check_release(OLDER, "older release")


if __name__ == "__main__":
    main(accuracy.write)
