"""The package as an operator meets it: installed into a Debian of its own that boots with systemd
(systemd-nspawn), where the hardened service starts, alerts, rotates, reloads, survives kill -9, and is
purged without a trace. The bare Debian is made once, in build/e2e-debian."""

import glob
import os
import re
import shutil
import subprocess
import unittest

import capture
from harness import ROOT, Case, main

BASE = os.path.join(ROOT, "build", "e2e-debian")
PROBE = os.path.join(ROOT, "tests", "e2e", "service")
OFFLINE = re.compile("Couldn't download|Temporary failure|Could not resolve|Failed getting release file|Unable to fetch", re.I)


def run(*command, patience=600):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                          check=False, timeout=patience, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def codename():
    with open("/etc/os-release") as file:
        return dict(line.rstrip().split("=", 1) for line in file if "=" in line).get("VERSION_CODENAME", "bookworm")


def check_needs():
    if os.geteuid() != 0:
        raise unittest.SkipTest("skipped: needs root, to make a Debian and boot it")
    for tool in ("debootstrap", "systemd-nspawn"):
        if not shutil.which(tool):
            raise unittest.SkipTest(f"skipped: needs {tool} (packaging/install-deps --tests)")


def make_base():
    """Made beside and moved, so that a half-made one is never taken for a whole."""
    if os.path.exists(BASE):
        return
    half = BASE + ".half"
    shutil.rmtree(half, ignore_errors=True)
    made = run("debootstrap", "--variant=minbase", "--include=systemd-sysv,dbus,acl,ca-certificates", codename(), half)
    if made.returncode:
        if OFFLINE.search(made.stdout):
            raise unittest.SkipTest("skipped: needs Debian's packages")
        raise AssertionError(f"debootstrap failed:\n{made.stdout[-3000:]}")
    shutil.copy("/etc/resolv.conf", os.path.join(half, "etc"))
    # How this machine reaches its mirror: proxies, certificates, what it makes of old lists.
    dump = run("apt-config", "dump", "Acquire").stdout
    with open(os.path.join(half, "etc/apt/apt.conf.d/99mirror"), "w") as file:
        file.writelines(line + "\n" for line in re.findall(r"^Acquire::(?:https?::|Check-).*;$", dump, re.MULTILINE))
    run("chroot", half, "apt-get", "-q", "update")
    os.rename(half, BASE)


class Service(Case):
    def setUp(self):
        check_needs()
        super().setUp()
        make_base()
        packages = glob.glob(os.path.join(ROOT, "build", "deb", "noci_*.deb"))
        self.assertEqual(len(packages), 1, "package_test.py makes it")
        self.root = self.path("debian")
        self.assertEqual(run("cp", "-a", "--reflink=auto", BASE, self.root).returncode, 0)
        logs = os.path.join(self.root, "var/log/matrix-synapse")
        os.mkdir(logs)
        with open(os.path.join(logs, "homeserver.log"), "w") as file:
            os.fchmod(file.fileno(), 0o640)
        shutil.copy(packages[0], os.path.join(self.root, "srv/noci.deb"))
        installed = run("chroot", self.root, "apt-get", "-q", "-y", "install", "--no-install-recommends", "/srv/noci.deb")
        self.assertEqual(installed.returncode, 0, installed.stdout[-3000:])
        self.write("debian/srv/capture.log", b"".join(capture.recent_records()))
        shutil.copy(os.path.join(PROBE, "probe.sh"), os.path.join(self.root, "srv"))
        units = os.path.join(self.root, "etc/systemd/system")
        shutil.copy(os.path.join(PROBE, "probe.service"), units)
        os.symlink("/etc/systemd/system/probe.service", os.path.join(units, "multi-user.target.wants/probe.service"))

    def boot(self):
        """{step: what the probe wrote}"""
        booted = run("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot", "-D", self.root, patience=400)
        try:
            with open(os.path.join(self.root, "srv/probe.out")) as file:
                text = file.read()
        except FileNotFoundError:
            raise unittest.SkipTest("skipped: needs a machine on which systemd-nspawn boots: "
                                    + booted.stdout[-300:].strip()) from None
        parts = re.split(r"^== (\w+)\n", text, flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2]))

    def test_the_service_lives_as_promised(self):
        steps = self.boot()
        self.assertIn("end", steps, steps)
        for name, pattern in (
            ("started", r"ActiveState=active\nSubState=running\n"), ("started", r"User=noci\n"),
            ("started", r"/run/noci/control\.sock noci 660\n/var/lib/noci noci 700\n/var/lib/noci/noci\.db noci 600\n"),
            ("started", r"CapEff:\s0{16}\nNoNewPrivs:\s1\nSeccomp:\s2\n"),
            ("alerts", r"last_alert +\S+ (firing|escalated) (high|critical): \S+"), ("alerts", r"outbox +0 pending"),
            ("rotated", r"2 files opened"),
            ("refused_reload", r"reload ended with 0\nactive\n.*noci\.yaml:\d+:1.*colour"), ("reload", r"reload ended with 0\nactive\n"),
            ("killed", r"ActiveState=active\n"), ("killed", r"NRestarts=1\n"),
            ("stopped", r"Result=success\n"), ("stopped", r"ExecMainStatus=0\n"),
            ("journal", r'summary="@kestrel:hs\.example joined 26 rooms'),
            ("purged", r"LoadState=not-found\nActiveState=inactive\n$"),
        ):
            with self.subTest(step=name, pattern=pattern):
                self.assertRegex(steps.get(name, ""), pattern)
        # kill -9 and a restart raise nothing twice.
        self.assertEqual(steps["journal"].count("@kestrel:hs.example joined 26 rooms"), 1)


if __name__ == "__main__":
    main()
