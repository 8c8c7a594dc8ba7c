"""Every code that a message about settings, rules or lists carries, such as [unknown-key], stands in
docs/rules.md or in noci.yaml(5), so that whoever reads it can look it up; and the pages name no other."""

import re

import tree

PAGE = "docs/rules.md"
MANUAL = "docs/man/noci.yaml.5"
CODE = r"([a-z]+(?:-[a-z]+)*)"
# fault(place, "code", …), warn, fail, Refused{place, "code", …}; `choice ? "code" : "code"` as that
# argument; a text that ends in [code].
SAID = re.compile(r'(?:\b(?:fault|warn|fail)\(|\bRefused\{)[^;]*?, (?:[^,"]*\? "' + CODE + '" : )?"' + CODE + '",', re.DOTALL)
WRITTEN = re.compile(r"\[" + CODE + r'\]"|\bwith_code\([^;]*?, "' + CODE + r'"\)', re.DOTALL)
SECTION = re.compile(r"^## Faults and warnings\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
MANUAL_SECTION = re.compile(r"^\.SH DIAGNOSTICS\n(.*?)(?=^\.SH |\Z)", re.MULTILINE | re.DOTALL)


def codes_of_source(root):
    """{code: where it stands first}"""
    codes = {}
    for path in tree.files(root):
        if not path.startswith("daemon/settings/") or not path.endswith(".cpp"):
            continue
        text = tree.read(root, path)
        for match in (*SAID.finditer(text), *WRITTEN.finditer(text)):
            for code in filter(None, match.groups()):
                codes.setdefault(code, f"{path}:{text.count(chr(10), 0, match.start()) + 1}")
    return codes


def section(pattern, text):
    match = pattern.search(text)
    return match[1] if match else ""


def codes_of_pages(root):
    rows = re.findall(r"^\| (`.*?) \|", section(SECTION, tree.read(root, PAGE)), re.MULTILINE)
    codes = {code: PAGE for row in rows for code in re.findall("`" + CODE + "`", row)}
    entries = section(MANUAL_SECTION, tree.read(root, MANUAL)).replace("\\-", "-")
    codes.update({code: MANUAL for line in re.findall(r"^\.TP\n\.BR? (.*)$", entries, re.MULTILINE)
                  for code in re.findall(CODE, line)})
    return codes


def main():
    root = tree.root_argument()
    said, told = codes_of_source(root), codes_of_pages(root)
    faults = [f"{where}: [{code}] stands neither in {PAGE} nor in {MANUAL}"
              for code, where in sorted(said.items()) if code not in told]
    faults += [f"{where}: no message carries [{code}]" for code, where in sorted(told.items()) if code not in said]
    tree.finish(faults, f"{len(said)} codes")


main()
