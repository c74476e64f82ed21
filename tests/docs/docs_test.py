"""The documents agree with the tools: generated parts are fresh, pages sound, examples true.

STREAMUTILS_BIN is the folder of the tools, STREAMUTILS_DOCS the generator of the documents.
SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "man").glob("*.[17]"))
TOOLS = sorted(page.stem for page in PAGES if page.suffix == ".1")


def run(*words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60)


class Generated(unittest.TestCase):
    def test_is_fresh(self):
        result = run(os.environ["STREAMUTILS_DOCS"], "--check", str(ROOT))
        self.assertEqual((result.stderr, result.returncode), ("", 0))

    def test_stale_pages_are_found(self):
        result = run(os.environ["STREAMUTILS_DOCS"], "--check", str(ROOT / "tests"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("man/sfilter.1: does not exist", result.stderr)
        self.assertIn("completions/zsh/_sfilter: stale", result.stderr)


class Pages(unittest.TestCase):
    def test_there_are_some(self):
        self.assertIn(ROOT / "man/streamutils.7", PAGES)
        self.assertGreaterEqual(len(TOOLS), 1)

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_mandoc_has_no_warning(self):
        for page in PAGES:
            with self.subTest(page.name):
                self.assertEqual(run("mandoc", "-Tlint", "-W", "warning", str(page)).stdout, "")

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_groff_has_no_warning(self):
        for page in PAGES:
            with self.subTest(page.name):
                self.assertEqual(run("groff", "-man", "-ww", "-z", str(page)).stderr, "")

    def test_pages_that_are_named_exist(self):
        reference = re.compile(r"\b(streamutils(?:\\-\w+)?|s[a-z]+)(?: |\\fR)?\(?\((1|7)\)")
        ours = {page.name for page in PAGES}
        for page in PAGES:
            for name, section in reference.findall(page.read_text()):
                file = f"{name}.{section}".replace("\\-", "-")
                if name.startswith("streamutils") or name in TOOLS:
                    with self.subTest(page=page.name, names=file):
                        self.assertIn(file, ours)


def unescape(roff):
    """The text that a line of an example shows."""
    signs = {"\\-": "-", "\\e": "\\", "\\(aq": "'", "\\(dq": '"', "\\(ti": "~", "\\(ha": "^",
             "\\(ga": "`", "\\&": ""}
    text = re.sub(r"\\f[BIR]", "", roff)
    return re.sub(r"\\(?:\(..|.)", lambda sign: signs[sign.group()], text)


def shown(example):
    return [line for line in map(unescape, example.splitlines()) if line]


def accounts(case):
    """How a page may tell a case: all of its lines in order, or what goes in before what comes out;
    with the marks of the case file or without; with messages or without."""
    lines = [line for line in case.read_text().splitlines() if re.match(r"(?:[$<!]|>\d?) ", line)]
    command = [line for line in lines if line[0] == "$"]
    read, written, said = ([line.split(" ", 1)[1] for line in lines if line[0] == mark] for mark in "><!")
    return [lines, command + read + written, command + read + written + said, command + written]


class Examples(unittest.TestCase):
    EXAMPLE = re.compile(r'^\.\\" EXAMPLE (\S+)\n\.EX\n(.*?)^\.EE', re.MULTILINE | re.DOTALL)

    def test_equal_their_cases(self):
        for page in PAGES:
            for case, example in self.EXAMPLE.findall(page.read_text()):
                with self.subTest(page=page.name, case=case):
                    self.assertIn(shown(example), accounts(ROOT / case))

    def test_commands_with_output_name_their_case(self):
        for page in PAGES:
            text = page.read_text()
            with self.subTest(page=page.name):
                with_output = re.findall(r"^\.EX\n\$ .*\n(?!\.EE)", text, re.MULTILINE)
                self.assertEqual(len(self.EXAMPLE.findall(text)), len(with_output))


class Help(unittest.TestCase):
    """Needs the tools."""

    def help(self, tool, form):
        result = run(os.path.join(os.environ["STREAMUTILS_BIN"], tool), form)
        self.assertEqual((result.stderr, result.returncode), ("", 0))
        return result.stdout

    def test_short_fits_a_screen(self):
        for tool in TOOLS:
            lines = self.help(tool, "-h").splitlines()
            with self.subTest(tool):
                self.assertLessEqual(len(lines), 24)
                self.assertEqual([line for line in lines if len(line) > 80], [])
                self.assertIn("Examples:", lines)

    def test_full_fits_the_width(self):
        for tool in TOOLS:
            with self.subTest(tool):
                long = [line for line in self.help(tool, "--help").splitlines() if len(line) > 80]
                self.assertEqual(long, [])

    def test_all_forms_list_the_same_options(self):
        for tool in TOOLS:
            full = self.help(tool, "--help")
            page = (ROOT / "man" / f"{tool}.1").read_text()
            for option in json.loads(self.help(tool, "--help=json"))["options"]:
                for name in option["names"]:
                    with self.subTest(tool=tool, option=name):
                        self.assertRegex(full, rf"(?m)^  .*{re.escape(name)}\b")
                        self.assertIn("\\fB" + name.replace("-", "\\-") + "\\fR", page)

    def test_choices_are_explained(self):
        for tool in TOOLS:
            for option in json.loads(self.help(tool, "--help=json"))["options"]:
                required = [] if option["argument"].startswith("[") else option["choices"]
                for choice in required:
                    with self.subTest(tool=tool, option=option["names"]):
                        self.assertIn(choice, option["text"])


if __name__ == "__main__":
    unittest.main()
