"""Promise 5: memory stays bounded under floods of forged or real names, and a thief in the midst of the
flood is still caught, as long as it comes back sooner than the flood can turn the whole budget over.
`--lines N` makes the flood N lines long and the budget the default one (ten million: the long form)."""

import json
import os
import subprocess
import sys
import tempfile

from harness import NOCI, RULES, Case, main

LINES = 200_000
BUDGET = 16  # MiB, of `analysis.memory` and of `analysis.familiar_memory` each
# Beside the budget: the program, its rules, read buffers, and malloc's own waste.
BESIDE = 48
THIEF = "@thief:hs.example"

# What each line of a flood is, with {n} for its number: account, address, method, URI, agent.
FLOODS = {
    "accounts": ("@u{n}:hs.example", "192.0.2.1", "GET", "/_matrix/client/v3/rooms/!r:hs.example/messages", "x"),
    "addresses": ("", "2001:db8:{h}", "GET", "/_matrix/media/v3/download/hs.example/m{n}", "x"),
    "rooms": ("@busy:hs.example", "192.0.2.1", "GET", "/_matrix/client/v3/rooms/!r{n}:hs.example/messages", "x"),
    "servers": ("s{n}.example", "192.0.2.1", "GET", "/_matrix/federation/v1/event/$e{n}", "x"),
    "agents": ("@u{m}:hs.example", "192.0.2.1", "GET", "/_matrix/client/v3/profile/@u{n}:hs.example", "agent {n}"),
}


def record(second, number, flood):
    user, address, method, uri, agent = FLOODS[flood]
    names = {"n": number, "m": number % 1000, "h": f"{number >> 16 & 65535:x}:{number & 65535:x}::1"}
    return line(second, number, user.format(**names), address.format(**names), method, uri.format(**names),
                agent.format(**names))


def line(second, number, user, address, method, uri, agent):
    who = f'"{user}"' if user else "null"
    return (f'{{"log":"{address} - 8008 - {{{user or None}}} Processed request: 0.014sec/0.003sec (0.000sec, 0.001sec) '
            f'(0.003sec/0.004sec/1) 480B 200 \\"{method} {uri} HTTP/1.1\\" \\"{agent}\\" [0 dbevts]",'
            f'"namespace":"synapse.access.http.8008","level":"INFO","time":{1795383611 + second:.3f},'
            f'"request":"{method}-{number}","ip_address":"{address}","site_tag":"8008","requester":{who},'
            f'"authenticated_entity":{who},"method":"{method}","url":"{uri}","protocol":"HTTP/1.1",'
            f'"user_agent":"{agent}","server_name":"hs.example"}}\n')


class Flood(Case):
    def play(self, flood):
        """Alerts about the thief, and the largest memory in MiB: a hundred requests a millisecond of the
        log, and a join of the thief's now and then."""
        config = self.write("noci.yaml", json.dumps({
            "sources": [{"name": "hs", "paths": ["unused"]}],
            "analysis": {"memory": f"{BUDGET}MiB", "familiar_memory": f"{BUDGET}MiB"}, "rules": {"dir": RULES}}))
        with tempfile.TemporaryFile() as out:
            process = subprocess.Popen([NOCI, "replay", "--config", config, "--format", "jsonl", "-"],
                                       stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL)
            every = 312 * BUDGET  # each line costs up to 3 KiB of the budget
            for number in range(LINES):
                second = number * 600 / LINES
                if number % every == every - 1:
                    process.stdin.write(line(second, number, THIEF, "192.0.2.66", "POST",
                                             f"/_matrix/client/v3/join/!t{number}:hs.example", "x").encode())
                else:
                    process.stdin.write(record(second, number, flood).encode())
            process.stdin.close()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0)
            out.seek(0)
            alerts = [json.loads(raw) for raw in out]
        caught = [alert for alert in alerts if alert["data"]["entity"]["key"] == THIEF]
        return caught, usage.ru_maxrss / 1024

    def test_floods(self):
        for flood in FLOODS:
            with self.subTest(flood=flood):
                caught, memory = self.play(flood)
                print(f"{flood}: {LINES} lines, {memory:.0f} MiB, thief told {len(caught)} times", flush=True)
                self.assertTrue(caught, "the thief is caught in the flood")
                self.assertLess(memory, 2 * BUDGET + BESIDE)


if __name__ == "__main__":
    if "--lines" in sys.argv:
        at = sys.argv.index("--lines")
        LINES = int(sys.argv[at + 1])
        BUDGET = 512
        del sys.argv[at : at + 2]
    main()
