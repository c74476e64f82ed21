"""Help in its three forms, versions, and what the tools say to a person who is lost.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pty
import subprocess
import unittest

from harness import BIN, GOOD, Running, ToolTest, command, run, shell


class Help(ToolTest):
    def test_short_fits_on_a_screen(self):
        for tool in self.each_tool():
            result = run([str(BIN / tool), "-h"])
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            lines = result.stdout.decode().splitlines()
            self.assertLessEqual(len(lines), 24)
            self.assertLessEqual(max(map(len, lines)), 80)
            self.assert_says(result.stdout, tool)

    def test_long_has_every_option_and_status(self):
        shared = ["--time", "--disorder", "--idle", "--bad-to", "--max-line", "--stats", "--watermarks",
                  "--version", "75"]
        for tool in self.each_tool():
            result = run([str(BIN / tool), "--help"])
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            self.assert_says(result.stdout, *shared)
            self.assertLessEqual(max(len(line) for line in result.stdout.decode().splitlines()), 80)

    def test_json_names_the_options_of_the_long_form(self):
        for tool in self.each_tool():
            result = run([str(BIN / tool), "--help=json"])
            self.assertEqual(result.returncode, 0)
            description = json.loads(result.stdout)
            self.assertEqual(description["name"], tool)
            long_form = run([str(BIN / tool), "--help"]).stdout
            for option in description["options"]:
                self.assert_says(long_form, *option["names"])

    def test_version(self):
        for tool in self.each_tool():
            for form in ["-V", "--version"]:
                result = run([str(BIN / tool), form])
                self.assertEqual(result.returncode, 0)
                self.assertRegex(result.stdout.decode(), rf"^{tool} \(streamutils\) \d+\.\d+\.\d+\n$")

    def test_help_reads_no_input(self):
        for tool in self.each_tool():
            with Running([str(BIN / tool), "-h"]) as running:
                self.assertEqual(running.status(), 0)

    def test_nothing_asked_on_a_terminal(self):
        for tool in self.each_tool():
            controller, terminal = pty.openpty()
            try:
                result = subprocess.run([str(BIN / tool)], stdin=terminal, capture_output=True, timeout=30)
            finally:
                os.close(controller)
                os.close(terminal)
            self.assertEqual(result.stdout, run([str(BIN / tool), "-h"]).stdout)
            self.assertEqual(result.returncode, 0)


class Lost(ToolTest):
    def test_misspelled_options(self):
        rows = [("--disorderr", "--disorder"), ("--bad_to", "--bad-to"), ("--watermark", "--watermarks"),
                ("--hepl", "--help")]
        for tool in self.each_tool():
            for wrong, right in rows:
                result = run(command(tool, wrong, "1s"), GOOD)
                self.assertEqual(result.returncode, 2)
                self.assert_says(result.stderr, f"did you mean '{right}'")

    def test_misspelled_words_of_swindow(self):
        for wrong, right in [(["tumblin", "1s", "count"], "tumbling"), (["tumbling", "1s", "coutn"], "count")]:
            result = run([str(BIN / "swindow"), *wrong])
            self.assertEqual(result.returncode, 2)
            self.assert_says(result.stderr, right)

    def test_a_bare_number_is_no_duration(self):
        result = run([str(BIN / "swindow"), "tumbling", "10", "count"])
        self.assertEqual(result.returncode, 2)
        self.assert_says(result.stderr, "10")

    def test_an_unquoted_comparison(self):
        """`sfilter amount>100` is a redirection for the shell; the tool notices."""
        result = shell("sfilter amount>100 < /dev/null", cwd=self.folder)
        self.assertEqual(result.returncode, 2)
        self.assert_says(result.stderr, "amount>100", "quotes")


if __name__ == "__main__":
    unittest.main()
