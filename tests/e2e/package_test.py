"""The Debian package, made of the release build: what is in it, what lintian says, and that its
maintainer scripts do what they promise in a root of their own."""

import os
import shutil
import subprocess
import unittest

from harness import ROOT, Case, main

BUILD = os.path.join(ROOT, "packaging", "build-deb")
RELEASE = os.path.join(ROOT, "build", "release")
CONTENT = {
    "./usr/bin/noci", "./usr/share/man/man1/noci.1.gz", "./usr/share/man/man5/noci.yaml.5.gz", "./etc/noci/noci.yaml",
    "./etc/noci/rules.d/", "./etc/noci/lists/", "./usr/share/noci/rules/", "./usr/share/noci/rules/lists/",
    "./usr/share/noci/templates/mattermost.json", "./usr/share/noci/prometheus/noci.rules.yml", "./usr/share/doc/noci/examples/minimal.yaml",
    "./usr/share/doc/noci/rules.md",
    "./usr/share/doc/noci/operations.md", "./usr/share/bash-completion/completions/noci", "./usr/lib/sysusers.d/noci.conf",
}


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)


class Package(Case):
    @classmethod
    def setUpClass(cls):
        for tool in ("dpkg-buildpackage", "dh", "fakeroot"):
            if not shutil.which(tool):
                raise unittest.SkipTest(f"skipped: needs {tool}")
        cls.out = os.path.join(ROOT, "build", "deb")
        made = run(BUILD, "--build-dir", RELEASE, "--out", cls.out)
        if made.returncode:
            raise AssertionError(made.stdout)
        cls.package = made.stdout.split()[-1]

    def test_it_holds_what_it_should(self):
        listing = run("dpkg-deb", "--contents", self.package).stdout
        paths = {line.split(None, 5)[5].split(" -> ")[0] for line in listing.splitlines()}
        self.assertEqual(CONTENT - paths, set())
        self.assertTrue({"./lib/systemd/system/noci.service", "./usr/lib/systemd/system/noci.service"} & paths, listing)
        self.assertEqual({path for path in paths if ".py" in path or "test" in path.lower()}, set())

    def test_settings_are_the_operators(self):
        control = self.path("control")
        run("dpkg-deb", "--control", self.package, control)
        with open(os.path.join(control, "conffiles")) as file:
            self.assertIn("/etc/noci/noci.yaml\n", file.readlines())

    def test_lintian_finds_no_error(self):
        if not shutil.which("lintian"):
            self.skipTest("skipped: needs lintian")
        done = run("lintian", "--fail-on", "error,warning", "--allow-root", "--tag-display-limit", "0", self.package)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_it_runs_from_where_it_is_unpacked(self):
        root = self.path("root")
        run("dpkg-deb", "--extract", self.package, root)
        binary = os.path.join(root, "usr/bin/noci")
        self.assertEqual(run(binary, "--version").returncode, 0)
        tested = run(binary, "rules", "test", os.path.join(root, "usr/share/noci/rules"))
        self.assertEqual(tested.returncode, 0, tested.stdout)

    def test_cmake_install_keeps_the_operators_settings(self):
        stage = self.path("stage")
        environment = {**os.environ, "DESTDIR": stage}
        install = ("cmake", "--install", RELEASE, "--prefix", "/usr")
        self.assertEqual(run(*install, env=environment).returncode, 0)
        for path in ("usr/bin/noci", "usr/lib/systemd/system/noci.service", "usr/share/man/man1/noci.1", "usr/share/doc/noci/alerts.md",
                     "etc/noci/rules.d"):
            self.assertTrue(os.path.exists(os.path.join(stage, path)), path)
        settings = os.path.join(stage, "etc/noci/noci.yaml")
        with open(settings, "w") as file:
            file.write("# mine\n")
        self.assertEqual(run(*install, env=environment).returncode, 0)
        with open(settings) as file:
            self.assertEqual(file.read(), "# mine\n")


if __name__ == "__main__":
    main()
