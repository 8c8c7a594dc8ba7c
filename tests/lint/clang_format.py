"""Every source is as clang-format 14 leaves it. Other versions differ in detail, so only 14 judges."""

import os
import shutil
import subprocess

import tree


def main():
    root = tree.root_argument()
    program = shutil.which("clang-format-14")
    if not program:
        tree.skip("clang-format-14 (a package of Debian 12)")
    sources = [path for path in tree.files(root) if path.endswith((".cpp", ".hpp"))]
    faults = []
    for path in sources:
        full = os.path.join(root, path)
        formatted = subprocess.run([program, "--style=file", full], capture_output=True, check=True).stdout
        with open(full, "rb") as file:
            written = file.read()
        if formatted != written:
            before, after = written.split(b"\n"), formatted.split(b"\n")
            line = next((n for n, (a, b) in enumerate(zip(before, after), 1) if a != b), min(len(before), len(after)))
            faults.append(f"{path}:{line}: run clang-format-14 -i {path}")
    tree.finish(faults, f"{len(sources)} sources")


main()
