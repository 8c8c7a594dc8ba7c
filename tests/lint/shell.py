"""Every shell script passes shellcheck."""

import os
import shutil
import subprocess

import tree


def main():
    root = tree.root_argument()
    if not shutil.which("shellcheck"):
        tree.skip("shellcheck")
    scripts = [path for path in tree.files(root) if tree.is_script(root, path)]
    faults = []
    for path in scripts:
        done = subprocess.run(["shellcheck", "--format=gcc", os.path.join(root, path)], capture_output=True, text=True)
        faults += done.stdout.replace(root + "/", "").splitlines()
    tree.finish(faults, f"{len(scripts)} scripts")


main()
