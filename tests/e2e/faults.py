"""Disk calls of the real binary that fail, or at which it dies: settings for tests/support/fault_shim.cpp,
which NOCI_FAULT_SHIM names (ctest sets it)."""

import errno
import os

SHIM = os.environ.get("NOCI_FAULT_SHIM", "")


def fault(do, calls, path, nth=1, error=errno.EIO, only_while=""):
    """Environment for a Daemon: from the nth of these calls on files whose path holds `path`."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return {
        "LD_PRELOAD": SHIM,
        # The sanitizer wants to be the first library, but works behind another.
        "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0",
        "NOCI_FAULT_DO": do, "NOCI_FAULT_CALLS": calls, "NOCI_FAULT_PATH": path, "NOCI_FAULT_NTH": str(nth),
        "NOCI_FAULT_ERRNO": str(error), "NOCI_FAULT_WHILE": only_while,
    }
