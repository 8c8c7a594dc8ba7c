"""A link of a Markdown page to a file of the project leads to a file, and its #anchor to a heading."""

import os
import re

import tree

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)


def anchors(text):
    """As GitHub makes them: lower case, no punctuation, dashes for spaces."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
            for title in HEADING.findall(FENCE.sub("", text))}


def main():
    root = tree.root_argument()
    faults = []
    pages = [path for path in tree.files(root) if path.endswith(".md")]
    for path in pages:
        text = tree.read(root, path)
        prose = FENCE.sub(lambda match: "\n" * match[0].count("\n"), text)
        for match in LINK.finditer(prose):
            target, _, anchor = match[1].partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            line = prose.count("\n", 0, match.start()) + 1
            file = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
            if not os.path.exists(os.path.join(root, file)):
                faults.append(f"{path}:{line}: leads nowhere: {match[1]}")
            elif anchor and file.endswith(".md") and anchor not in anchors(tree.read(root, file)):
                faults.append(f"{path}:{line}: {file} has no heading #{anchor}")
    tree.finish(faults, f"{len(pages)} pages")


main()
