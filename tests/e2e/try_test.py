"""`packaging/try` as a newcomer runs it: the release build, the bundled capture, alerts on the terminal
for the attackers and for nobody else, and nothing left behind."""

import glob
import ipaddress
import json
import os
import re
import signal
import subprocess
import tempfile

import capture
from harness import ROOT, Case, main

TRY = os.path.join(ROOT, "packaging", "try")
HEADLINE = re.compile(r"^\d\d:\d\d:\d\d  (INFORMATIONAL|LOW|MEDIUM|HIGH|CRITICAL) +(\w+) +(.+?)  ", re.MULTILINE)


def leftovers():
    """Folders of try, and daemons that run on settings in one."""
    folders = set(glob.glob(os.path.join(tempfile.gettempdir(), "noci-try-*")))
    daemons = set()
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                if b"noci-try-" in file.read():
                    daemons.add(path)
        except OSError:
            pass
    return folders | daemons


def network(address):
    """As noci names it; nothing of what is no address (the ledger's clients forge some)."""
    try:
        return str(ipaddress.ip_network(f"{address}/{64 if ':' in address else 24}", strict=False))
    except ValueError:
        return None


class Try(Case):
    def setUp(self):
        super().setUp()
        self.before = leftovers()

    def run_try(self, *arguments):
        return subprocess.Popen([TRY, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                stdin=subprocess.DEVNULL, start_new_session=True)

    def attackers(self):
        """Accounts, addresses, agents and networks of the ledger's attackers."""
        truth = capture.truth()
        names = [actor for actor in truth["actors"] if actor.startswith("attacker:")]
        who = {who for actor in names for who in truth["actors"][actor]["user_ids"] + truth["by_actor"][actor]["ips"]}
        # A rule may count over all that use one agent, or one network, in which nobody else is.
        with open(capture.JSON, encoding="utf-8", newline="\n") as file:
            records = [json.loads(line) for line in file]
        others = {ip for actor in truth["actors"] if actor not in names for ip in truth["by_actor"][actor]["ips"]}
        theirs = {ip for actor in names for ip in truth["by_actor"][actor]["ips"]}
        return (who | {record["user_agent"] for record in records if record.get("ip_address") in who}
                | {network(ip) for ip in theirs} - {network(ip) for ip in others - theirs})

    def test_the_capture_raises_alerts_for_its_attackers_alone(self):
        process = self.run_try("--capture", "--seconds", "45")
        said = process.communicate(timeout=900)[0]
        self.assertEqual(process.returncode, 0, said)
        alerts = HEADLINE.findall(said)
        self.assertGreater(len(alerts), 0, said)
        self.assertIn("@kestrel:hs.example", {key for _, _, key in alerts}, said)
        # Of the whole server: the capture's attackers also write into its log.
        self.assertEqual({key for _, _, key in alerts} - self.attackers() - {"server"}, set(), said)
        self.assertRegex(said, r"metrics  http://127\.0\.0\.1:\d+/metrics")
        self.assertEqual(leftovers() - self.before, set())

    def test_ctrl_c_ends_everything(self):
        process = self.run_try("--capture")
        self.addCleanup(process.kill)
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("playing"):
                break
        # As a terminal does: to the whole process group.
        os.killpg(process.pid, signal.SIGINT)
        said.append(process.communicate(timeout=60)[0])
        self.assertEqual(process.returncode, 0, "".join(said))
        self.assertEqual(leftovers() - self.before, set())

    def test_a_log_that_is_given_is_followed_from_its_end(self):
        records = capture.recent_records()
        log = self.write("homeserver.log", b"".join(records))
        process = self.run_try("--seconds", "8", "--timezone", "UTC", log)
        said = process.communicate(timeout=900)[0]
        self.assertEqual(process.returncode, 0, said)
        self.assertEqual(HEADLINE.findall(said), [], "what stood in the log before is not news")

    def test_usage(self):
        for arguments, status in ((["--help"], 0), (["--seconds"], 2), (["--seconds", "x"], 2), (["--nonsense"], 2),
                                  ([self.path("nowhere.log")], 3)):
            process = self.run_try(*arguments)
            said = process.communicate(timeout=60)[0]
            self.assertEqual(process.returncode, status, said)


if __name__ == "__main__":
    main()
