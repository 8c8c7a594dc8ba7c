"""Synapse releases from PyPI, each in a virtual environment of its own in build/, made once."""

import os
import re
import subprocess
import sys
import unittest

from harness import ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
OFFLINE = re.compile("NewConnectionError|NameResolutionError|ConnectTimeout|Temporary failure|ProxyError|unreachable", re.I)
LONGEST = 300  # seconds, of a download of 60 MB
NEWEST = "1.163.2"
OLDER = "1.120.2"  # from before 1.144, which began to log how many messages a page held


def python_of(version):
    """Python of the virtual environment that has this Synapse."""
    folder = os.path.join(ROOT, "build", f"e2e-synapse-{version}")
    python = os.path.join(folder, "bin", "python")
    requirements = os.path.join(HERE, f"requirements-{version}.txt")
    stamp = os.path.join(folder, "requirements.txt")
    with open(requirements) as file:
        wanted = file.read()
    if os.path.exists(stamp):
        with open(stamp) as file:
            if file.read() == wanted:
                return python
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, capture_output=True, timeout=LONGEST)
    except subprocess.CalledProcessError as error:
        raise unittest.SkipTest("skipped: needs python3-venv") from error
    try:
        made = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                               "--only-binary", ":all:", "-r", requirements],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=LONGEST)
    except subprocess.TimeoutExpired as error:
        raise unittest.SkipTest("skipped: needs PyPI") from error
    if made.returncode:
        if OFFLINE.search(made.stdout):
            raise unittest.SkipTest("skipped: needs PyPI")
        raise AssertionError(f"pip could not install Synapse {version}:\n{made.stdout[-3000:]}")
    with open(stamp, "w") as file:
        file.write(wanted)
    return python


def number(version):
    return tuple(int(part) for part in version.split(".")[:2])


def told_messages(version):
    """Whether this Synapse logs how many messages an answer of /messages held."""
    return number(version) >= (1, 144)


def labels_times(version):
    """Whether its access lines say ru= and db=."""
    return number(version) >= (1, 150)


def names_profiles(version):
    """Whether it authenticates who looks a profile up, where a token was sent: 1.157 did not, 1.163 does."""
    return number(version) >= (1, 163)
