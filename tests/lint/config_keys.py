"""config/noci.yaml shows every key that noci.yaml(5) describes, and the other way round; keys that
have no default stand there as comments."""

import re

import tree

CONFIG = "config/noci.yaml"
PAGE = "docs/man/noci.yaml.5"
# `# key: value` is a key that is commented out; prose has no word with a colon right behind `# `
# that begins with a small letter.
KEY = re.compile(r"^( *)(?:# )?( *)(- )?([a-z][a-z_]*):(?: |$)")


def keys_of_config(text):
    """(section, key) of every key, commented out or not; the section of a top one is empty."""
    keys, section = {}, ""
    for number, line in enumerate(text.splitlines(), 1):
        match = KEY.match(line)
        if not match:
            continue
        indent = len(match[1]) + len(match[2])
        if indent == 0 and not match[3]:
            section = match[4]
            keys.setdefault(("", section), number)
        else:
            keys.setdefault((section, match[4]), number)
    return keys


def keys_of_page(text):
    """[(line, section, names)]: names of one entry are alternatives (`path or paths`)."""
    entries, section, tagged = [], "", False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(".SH "):
            title = line[4:].strip('"').lower()
            section = "" if title == "top level" else title
        elif tagged and line.startswith(".B"):
            tag = re.sub(r'^\.BR? ', "", line).partition('" (')[0].replace('"', " ")
            names = [name.removeprefix(section + ".") for name in re.findall(r"[a-z][a-z_.]*", tag) if name != "or"]
            if section:
                entries.append((number, section, names))
            else:
                entries += [(number, section, [name]) for name in names]
        tagged = line == ".TP"
    return entries


def main():
    root = tree.root_argument()
    config = keys_of_config(tree.read(root, CONFIG))
    sections = {key for section, key in config if not section}
    page = [entry for entry in keys_of_page(tree.read(root, PAGE)) if entry[1] in sections | {""}]
    described = {(section, name) for _, section, names in page for name in names}
    faults = [f"{CONFIG}:{line}: {'.'.join(filter(None, key))} is not in {PAGE}"
              for key, line in config.items() if key not in described]
    faults += [f"{PAGE}:{line}: {'.'.join(filter(None, (section, names[0])))} is not in {CONFIG}"
               for line, section, names in page if not any((section, name) in config for name in names)]
    tree.finish(faults, f"{len(config)} keys, {len(page)} entries")


main()
