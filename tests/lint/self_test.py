"""Each lint finds the fault it is there for: a small tree with one fault, and the same tree mended."""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


def lint(name, files):
    """Exit code and output of a lint over a tree of these files."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w") as file:
                file.write(text)
        done = subprocess.run([sys.executable, "-B", os.path.join(HERE, name + ".py"), root],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class EachLint(unittest.TestCase):
    def finds(self, name, path, broken, mended, words):
        status, said = lint(name, {path: broken})
        if status == 77:
            self.skipTest(said)
        self.assertEqual(status, 1, said)
        self.assertIn(words, said)
        status, said = lint(name, {path: mended})
        self.assertEqual(status, 0, said)

    def test_layering_finds_a_sibling(self):
        self.finds("layering", "daemon/parse/a.cpp", '#include "detect/engine.hpp"\n', '#include "model/event.hpp"\n',
                   "one floor")

    def test_layering_finds_an_include_upwards(self):
        self.finds("layering", "daemon/base/a.hpp", '#include "model/event.hpp"\n', '#include "base/time.hpp"\n', "above")

    def test_layering_finds_beast_outside_its_two_files(self):
        include = "#include <boost/beast/http.hpp>\n"
        status, said = lint("layering", {"daemon/io/tail.cpp": include})
        self.assertEqual(status, 1, said)
        status, said = lint("layering", {"daemon/io/http_client.cpp": include})
        self.assertEqual(status, 0, said)

    def test_layering_finds_a_clock_in_the_core(self):
        self.finds("layering", "daemon/detect/a.cpp", "auto t = std::chrono::system_clock::now();\n", "int t;\n", "clock")

    def test_layering_finds_spdlog_in_the_core(self):
        self.finds("layering", "daemon/store/a.cpp", "#include <spdlog/spdlog.h>\n", "#include <string>\n", "spdlog")

    def test_file_length_finds_a_long_file(self):
        self.finds("file_length", "daemon/base/a.cpp", "int a;\n" * 401, "// Long because: a table.\n" + "int a;\n" * 401,
                   "401 lines")

    def test_named_tests_finds_a_test_that_is_gone(self):
        test = "TEST_CASE(\n    \"a long sentence that goes \"\n    \"on\") {\n"
        for page, expected in (('[a.cpp](../tests/a.cpp) "a long sentence that\ngoes on"\n', 0),
                               ('[a.cpp](../tests/a.cpp) "a sentence"\n', 1), ('[a.cpp](../tests/a.cpp) `test_a`\n', 1)):
            status, said = lint("named_tests", {"docs/reliability.md": page, "tests/a.cpp": test})
            self.assertEqual(status, expected, said)

    def test_machine_paths_finds_a_home(self):
        self.finds("machine_paths", "docs/a.md", "see /home/me/noci\n", "see /usr/share/noci\n", "/home/m")

    def test_links_finds_one_that_leads_nowhere(self):
        self.finds("links", "docs/a.md", "[b](b.md)\n", "[b](#b)\n\n# B\n", "leads nowhere")

    def test_links_finds_a_missing_heading(self):
        self.finds("links", "docs/a.md", "# A\n[b](#b-c)\n", "# B (c)\n[b](#b-c)\n", "no heading")

    def test_shell_finds_an_unquoted_variable(self):
        self.finds("shell", "packaging/a", "#!/bin/sh\nrm $1\n", '#!/bin/sh\nrm "$1"\n', "SC2086")

    def test_clang_format_finds_a_crooked_line(self):
        self.finds("clang_format", "daemon/base/a.cpp", "int   a;\n", "int a;\n", "clang-format-14 -i")

    def test_config_keys_finds_one_that_the_manual_lacks(self):
        page = '.SH TOP LEVEL\n.TP\n.BR log " (map)"\nOf.\n.SH LOG\n.TP\n.BR log.level " (text)"\nHow much.\n'
        for config, status, words in (("log:\n  level: info\n", 0, "0 faults"), ("log:\n  # colour: red\n", 1, "log.colour"),
                                      ("log:\n", 1, "log.level")):
            got, said = lint("config_keys", {"config/noci.yaml": config, "docs/man/noci.yaml.5": page})
            self.assertEqual(got, status, said)
            self.assertIn(words, said)

    def test_fault_codes_finds_one_that_no_page_has_and_one_that_no_message_carries(self):
        source = 'report.fault(node.place, choice ? "bad-tea" : "no-tea",\n             "cold", "warm it");\n'
        for rows, status, words in (("| `bad-tea`, `no-tea` | cold |", 0, "0 faults"), ("| `bad-tea` | cold |", 1, "a.cpp:1: [no-tea]"),
                                    ("| `bad-tea`, `no-tea`, `old` | cold |", 1, "carries [old]")):
            got, said = lint("fault_codes", {"daemon/settings/a.cpp": source, "docs/man/noci.yaml.5": "",
                                             "docs/rules.md": f"## Faults and warnings\n\n{rows}\n"})
            self.assertEqual(got, status, said)
            self.assertIn(words, said)


unittest.main()
