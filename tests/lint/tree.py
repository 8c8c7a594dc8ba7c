"""The tree that a lint reads, and how it reports: one line per fault, exit 1 when there is any.
Every lint takes the root of the tree as its argument; self_test.py shows each a broken one."""

import os
import subprocess
import sys

SKIPPED = 77
TEXT_SUFFIXES = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".md", ".yaml", ".yml", ".json", ".txt", ".service",
                 ".sysusers", ".1", ".5", ".bash")
EVIDENCE = "tests/corpus/"


def root_argument():
    default = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    return os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else default)


def listed_by_git(root):
    command = ["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.decode().split("\0")


def files(root):
    """Paths from the root of what belongs to the project, sorted; captures are evidence and apart."""
    found = listed_by_git(root) if os.path.exists(os.path.join(root, ".git")) else None
    if found is None:
        found = []
        for folder, names, leaves in os.walk(root):
            names[:] = [name for name in names if name not in (".git", "build", "__pycache__")]
            found += [os.path.relpath(os.path.join(folder, leaf), root) for leaf in leaves]
    return sorted(path for path in set(found)
                  if path and not path.startswith(EVIDENCE) and os.path.isfile(os.path.join(root, path)))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def is_script(root, path):
    """bash and sh scripts often have no suffix: their first line tells."""
    if "." in os.path.basename(path).lstrip(".") and not path.endswith((".sh", ".bash", ".postinst", ".postrm")):
        return False
    with open(os.path.join(root, path), "rb") as file:
        first = file.readline(80)
    return first.startswith(b"#!") and (b"bash" in first or first.rstrip().endswith(b"/sh"))


def text_files(root):
    return [path for path in files(root) if path.endswith(TEXT_SUFFIXES) or is_script(root, path)]


def finish(faults, looked_at):
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults; looked at {looked_at}")
    sys.exit(1 if faults else 0)


def skip(needs):
    print(f"skipped: needs {needs}")
    sys.exit(SKIPPED)
