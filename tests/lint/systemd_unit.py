"""The unit: `systemd-analyze verify` has nothing to say, and its exposure stays low.
Usage: systemd_unit.py ROOT NOCI (the binary only has to be there)"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import tree

UNIT = "packaging/systemd/noci.service"
ACCOUNT = "packaging/systemd/noci.sysusers"
# Of 10: 1.2 when this was written. What is left is the network, which webhooks need.
MOST_EXPOSURE = 15


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)


def main():
    root, noci = tree.root_argument(), os.path.abspath(sys.argv[2])
    if not shutil.which("systemd-analyze"):
        tree.skip("systemd-analyze (package systemd)")
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        # As installed, but for the two places that only an installation has.
        unit = os.path.join(folder, "noci.service")
        with open(unit, "w") as file:
            file.write(tree.read(root, UNIT).replace("/usr/bin/noci", noci))
        for section in "15":
            pages = os.path.join(folder, f"man{section}")
            os.mkdir(pages)
            for page in os.listdir(os.path.join(root, "docs/man")):
                if page.endswith("." + section):
                    shutil.copy(os.path.join(root, "docs/man", page), pages)
        verified = run("systemd-analyze", "verify", unit, env={**os.environ, "MANPATH": folder + ":"})
        if verified.returncode or verified.stdout.strip():
            faults.append(f"{UNIT}: systemd-analyze verify: {verified.stdout.strip()}")
        security = run("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSURE}", "--no-pager", unit)
        level = re.search(r"Overall exposure level.*", security.stdout)
        print(level[0] if level else security.stdout)
        if security.returncode or not level:
            faults.append(f"{UNIT}: exposure above {MOST_EXPOSURE / 10}")
        if shutil.which("systemd-sysusers"):
            target = os.path.join(folder, "root")
            os.makedirs(os.path.join(target, "etc"))
            made = run("systemd-sysusers", f"--root={target}", os.path.join(root, ACCOUNT))
            passwd = os.path.join(target, "etc/passwd")
            if made.returncode or not os.path.exists(passwd) or "\nnoci:" not in "\n" + open(passwd).read():
                faults.append(f"{ACCOUNT}: systemd-sysusers made no account noci: {made.stdout.strip()}")
    tree.finish(faults, UNIT)


main()
