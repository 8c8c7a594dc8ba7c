"""noci(1) and `--help` say the same: every verb has a section, every option of a verb stands in its
section and the other way round, and bash completion knows all of them.
Usage: help_man.py ROOT NOCI"""

import re
import subprocess
import sys

import tree

PAGE = "docs/man/noci.1"
COMPLETION = "packaging/completions/noci.bash"
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
# Of every verb, and told once in the page's OPTIONS section.
COMMON = {"--help", "--help-all", "--version"}


def help_of(noci, verb):
    return subprocess.run([noci, *verb, "--help"], capture_output=True, text=True, check=True).stdout


def entries(text, heading):
    """First words of the lines under `Options:` or `Subcommands:`."""
    section = re.search(rf"^{heading}:?\n((?:[ \t]+.*\n|\n)+)", text, re.MULTILINE)
    return re.findall(r"^  (\S.*)$", section[1], re.MULTILINE) if section else []


def verbs_of(noci, prefix=()):
    names = [entry.split()[0] for entry in entries(help_of(noci, prefix), "Subcommands")]
    for name in names:
        deeper = list(verbs_of(noci, (*prefix, name)))
        yield from deeper or [(*prefix, name)]


def options_of(noci, verb):
    options = set()
    for entry in entries(help_of(noci, verb), "Options"):
        options |= set(OPTION.findall(re.split(r"\s{2,}| [A-Z|]", entry)[0].replace(",", " ")))
    return options - COMMON


def sections_of(page):
    """`.SS "noci rules test [DIR]"` → the options that the section describes with .TP."""
    sections = {}
    for block in re.split(r"^\.SS ", page, flags=re.MULTILINE)[1:]:
        title, _, body = block.partition("\n")
        body = re.split(r"^\.SH ", body, flags=re.MULTILINE)[0].replace("\\-", "-")
        words = title.strip('"').replace("\\-", "-").split()[1:]
        verb = tuple(word for word in words if re.fullmatch(r"[a-z]+", word))
        tagged = re.findall(r"^\.TP\n(.*)$", body, re.MULTILINE)
        sections[verb] = {option for tag in tagged for option in OPTION.findall(tag)}
    return sections


def main():
    root, noci = tree.root_argument(), sys.argv[2]
    page = tree.read(root, PAGE)
    completion = tree.read(root, COMPLETION)
    sections = sections_of(page)
    verbs = list(verbs_of(noci))
    faults = []
    for verb in verbs:
        name = "noci " + " ".join(verb)
        options = options_of(noci, verb)
        if verb not in sections:
            faults.append(f"{PAGE}: no section for {name}")
            continue
        faults += [f"{PAGE}: {name} has {option}, the page does not say so" for option in sorted(options - sections[verb])]
        faults += [f"{PAGE}: {name} has no {option}" for option in sorted(sections[verb] - options)]
        faults += [f"{COMPLETION}: does not know {word}" for word in sorted({*verb, *options})
                   if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", completion)]
    faults += [f"{PAGE}: there is no verb noci {' '.join(verb)}" for verb in sections if verb not in verbs]
    tree.finish(faults, f"{len(verbs)} verbs")


main()
