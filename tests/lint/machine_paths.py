"""Nothing in the project names a folder of the machine it was written on."""

import re

import tree

FORBIDDEN = re.compile(r"(?<![\w.$}~])/(?:work/(?:main|shared)|root/\w|home/\w|Users/\w|tmp/w\d?/)|\.\./shared/")
OWN = "tests/lint/"


def main():
    root = tree.root_argument()
    faults = []
    sources = [path for path in tree.text_files(root) if not path.startswith(OWN)]
    for path in sources:
        for number, line in enumerate(tree.read(root, path).splitlines(), 1):
            match = FORBIDDEN.search(line)
            if match:
                faults.append(f"{path}:{number}: a path of one machine: {match[0]}")
    tree.finish(faults, f"{len(sources)} files")


main()
