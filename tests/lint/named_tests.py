"""Every test that docs/reliability.md names exists: behind a link to a file of tests/, "sentences" are Catch2
cases of that file and `test_…` its methods, up to the next link."""

import os
import re

import tree

PAGE = "docs/reliability.md"
LINKED = re.compile(r"\]\(\.\./(tests/[^)#]+)\)(.*?)(?=\]\(|\n\n|\Z)", re.DOTALL)
NAME = re.compile(r'"([^"]+)"|`(test_\w+)`')


def plain(text):
    """Without what only wraps a long name: line ends, and the ends of adjacent string literals."""
    return re.sub(r"\s+", " ", re.sub(r'"\s*\n\s*"', "", text))


def main():
    root = tree.root_argument()
    page = tree.read(root, PAGE)
    faults, names = [], 0
    for link in LINKED.finditer(page):
        file, behind = link.groups()
        if not os.path.exists(os.path.join(root, file)):
            continue  # lint_links says so
        text = plain(tree.read(root, file))
        for sentence, method in NAME.findall(behind):
            names += 1
            name = re.sub(r"\s+", " ", sentence or method)
            if not (f'"{name}"' in text if sentence else f"def {method}(" in text):
                faults.append(f"{PAGE}: {file} has no test {name}")
    tree.finish(faults, f"{names} tests")


main()
