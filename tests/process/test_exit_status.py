"""The table of exit statuses, for every tool.

SPDX-License-Identifier: Apache-2.0
"""

import unittest

from harness import BAD, BEGIN, END, GOOD, ToolTest, command, event, lines_of, run


class ExitStatus(ToolTest):
    def test_done(self):
        for tool in self.each_tool():
            result = run(command(tool), GOOD)
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            self.assertNotEqual(result.stdout, b"")

    def test_empty_input(self):
        for tool in self.each_tool():
            result = run(command(tool))
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))

    def test_bad_records_skipped(self):
        for tool in self.each_tool():
            result = run(command(tool), BAD)
            self.assertEqual(result.returncode, 1)
            self.assert_says(result.stderr, f"{tool}: line 2: not a JSON object", "1 of 3 records")

    def test_quiet_is_silent_about_bad_records(self):
        for tool in self.each_tool():
            result = run(command(tool, "-q"), BAD)
            self.assertEqual((result.returncode, result.stderr), (1, b""))

    def test_usage(self):
        for tool in self.each_tool():
            result = run(command(tool, "--no-such-option"), GOOD)
            self.assertEqual((result.returncode, result.stdout), (2, b""))
            self.assert_says(result.stderr, "--no-such-option", f"Try '{tool} -h'")

    def test_options_that_make_no_sense(self):
        rows = [["--bad", "sometimes"], ["--max-bad", "few"], ["--max-bad", "-1"], ["--disorder", "10"],
                ["--disorder=-1s"], ["--idle", "later"], ["--tz", "Middle/Earth"], ["--time-unit", "h"],
                ["--max-line", "long"], ["--max-line", "5G"], ["--clock", "sun"], ["--control", "maybe"],
                ["--watermark-every", "0"], ["--stats=xml"], ["-t", ""], ["-t", "a..b"]]
        for tool in self.each_tool():
            for options in rows:
                result = run(command(tool, *options), GOOD)
                self.assertEqual((result.returncode, result.stdout), (2, b""), options)
                self.assert_says(result.stderr, f"{tool}: ")

    def test_bad_stop(self):
        for tool in self.each_tool():
            result = run(command(tool, "--bad", "stop"), BAD)
            self.assertEqual(result.returncode, 3)
            self.assert_says(result.stderr, "line 2: not a JSON object")

    def test_max_bad(self):
        three_bad = lines_of("a", "b", "c", event(0))
        for tool in self.each_tool():
            for limit, status in [("2", 3), ("3", 1), ("0", 3), ("50%", 3), ("80%", 1)]:
                result = run(command(tool, "--max-bad", limit), three_bad)
                self.assertEqual(result.returncode, status, limit)

    def test_no_such_file(self):
        for tool in self.each_reader():
            result = run([*command(tool), "--", str(self.folder / "none")])
            self.assertEqual((result.returncode, result.stdout), (4, b""))
            self.assert_says(result.stderr, "none: No such file or directory")

    def test_folder_as_input(self):
        for tool in self.each_tool():
            result = run([*command(tool), "--", str(self.folder)])
            self.assertEqual(result.returncode, 4)
            self.assert_says(result.stderr, "Is a directory")

    def test_upstream_died(self):
        stream = lines_of(BEGIN, event(0), event(5))
        for tool in self.each_tool():
            result = run(command(tool), stream)
            self.assertEqual(result.returncode, 75)
            self.assert_says(result.stderr, "--drain")
            self.assertEqual(run(command(tool, "--drain"), stream).returncode, 0)
            self.assertEqual(run(command(tool), stream + lines_of(END)).returncode, 0)


if __name__ == "__main__":
    unittest.main()
