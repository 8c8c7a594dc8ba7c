"""A file has about 120 lines. One past 400 is split, or says near its top why it is long, in a
comment that begins `Long because`."""

import tree

CEILING = 400
OPENING_LINES = 15
CODE = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".bash")


def main():
    root = tree.root_argument()
    faults = []
    sources = [path for path in tree.files(root) if path.endswith(CODE) or tree.is_script(root, path)]
    for path in sources:
        lines = tree.read(root, path).splitlines()
        if len(lines) > CEILING and "Long because" not in "\n".join(lines[:OPENING_LINES]):
            faults.append(f"{path}:1: {len(lines)} lines; past {CEILING} a file is split or explains itself")
    tree.finish(faults, f"{len(sources)} sources")


main()
