"""Bytes that are no clean stream of JSON lines: none of them is a crash, and none is silent.

SPDX-License-Identifier: Apache-2.0
"""

import json
import unittest

import harness
from harness import ToolTest, command, lines_of, run

MEBIBYTE = 1 << 20


def event(second, **members):
    return harness.event(second, n=second, **members)


def line_of_size(size, second=0):
    head = event(second, pad="")[:-2].encode()
    return head + b"x" * (size - len(head) - 2) + b'"}'


def first_count(result):
    return json.loads(result.stdout.splitlines()[0])["count"]


class LineEnds(ToolTest):
    def test_crlf(self):
        data = lines_of(event(0) + "\r", event(0) + "\r", event(9) + "\r")
        for tool in self.each_tool():
            result = run(command(tool), data)
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            self.assertNotIn(b"\r", result.stdout)

    def test_byte_order_mark(self):
        for tool in self.each_tool():
            result = run(command(tool), b"\xef\xbb\xbf" + lines_of(event(0), event(9)))
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            self.assertFalse(result.stdout.startswith(b"\xef"))

    def test_a_file_that_is_a_byte_order_mark(self):
        for tool in self.each_tool():
            self.assertEqual(run(command(tool), b"\xef\xbb\xbf").returncode, 0)

    def test_blank_lines(self):
        for tool in self.each_tool():
            result = run(command(tool), b"\n\r\n \t \n" + lines_of(event(0)) + b"\n\n")
            self.assertEqual((result.returncode, result.stderr), (0, b""))

    def test_last_line_without_its_end(self):
        for tool in self.each_tool():
            whole = run(command(tool), lines_of(event(0), event(9)))
            cut = run(command(tool), lines_of(event(0), event(9))[:-1])
            self.assertEqual((cut.returncode, cut.stdout), (0, whole.stdout))

    def test_last_line_cut_off(self):
        for tool in self.each_tool():
            result = run(command(tool), lines_of(event(0)) + event(9).encode()[:-1])
            self.assertEqual(result.returncode, 1)
            self.assert_says(result.stderr, "line 2: cut off")


class LongLines(ToolTest):
    def test_just_as_long_as_allowed(self):
        line = line_of_size(16 * MEBIBYTE)
        for tool in self.each_tool():
            result = run(command(tool), line + b"\n" + lines_of(event(9)))
            self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual(run(command("sfilter"), line + b"\n").stdout, line + b"\n")

    def test_too_long(self):
        data = lines_of(event(0)) + line_of_size(16 * MEBIBYTE + 1) + b"\n" + lines_of(event(9))
        for tool in self.each_tool():
            result = run(command(tool), data)
            self.assertEqual(result.returncode, 1)
            self.assert_says(result.stderr, "line 2: longer than --max-line", "1 of 3 records")

    def test_much_too_long_and_never_ended(self):
        for tool in self.each_tool():
            result = run(command(tool), lines_of(event(0)) + b"{" * (40 * MEBIBYTE))
            self.assertEqual(result.returncode, 1)
            self.assert_says(result.stderr, "line 2: longer than --max-line")

    def test_a_limit_of_ones_own(self):
        data = lines_of(event(0)) + line_of_size(2000) + b"\n" + lines_of(event(9))
        for tool in self.each_tool():
            self.assertEqual(run(command(tool, "--max-line", "1k"), data).returncode, 1)
            self.assertEqual(run(command(tool, "--max-line", "2k"), data).returncode, 0)


class Damage(ToolTest):
    ROWS = [
        ("NUL bytes", b"\0\0\0\0"),
        ("NUL inside", b'{"ts":"2026-11-22T10:00:01Z","a":"\0"}'),
        ("invalid UTF-8", b'{"ts":"2026-11-22T10:00:01Z","a":"\xff\xfe"}'),
        ("binary", bytes(range(1, 10)) + bytes(range(11, 256))),
        ("array", b"[1,2]"),
        ("cut", b'{"ts":"2026-11-22T10:00:01Z","a":'),
        ("two objects", b'{"ts":"2026-11-22T10:00:01Z"} {"a":1}'),
        ("nested arrays", b'{"ts":"2026-11-22T10:00:01Z","a":' + b"[" * 100000 + b"]" * 100000 + b"}"),
        ("nested objects", b'{"a":' * 100000 + b"1" + b"}" * 100000),
        ("open forever", b"[" * 100000),
        ("huge number", b'{"ts":"2026-11-22T10:00:01Z","a":' + b"9" * 100000 + b"}"),
        ("huge exponent", b'{"ts":"2026-11-22T10:00:01Z","a":1e999999999}'),
        ("huge epoch", b'{"ts":1e300}'),
        ("lone surrogate", b'{"ts":"2026-11-22T10:00:01Z","a":"\\ud800"}'),
        ("duplicate names", b'{"ts":"2026-11-22T10:00:01Z","a":1,"a":2}'),
        ("broken control line", b'{"~stream":{"watermark":"yesterday"}}'),
        ("late begin line", b'{"~stream":{"begin":{}}}'),
    ]

    def test_neither_crash_nor_loss(self):
        for tool in self.each_tool():
            for name, line in self.ROWS:
                data = lines_of(event(0)) + line + b"\n" + lines_of(event(9))
                result = run(command(tool, "--stats=json"), data)
                self.assertIn(result.returncode, (0, 1), (name, result.stderr[-300:]))
                stats = json.loads(result.stderr.splitlines()[-1])
                self.assertEqual(stats["in"], 3, name)
                self.assertEqual(stats["in"], sum(stats[k] for k in ("used", "dropped", "bad", "late")), name)
                self.assertEqual(result.returncode, 1 if stats["bad"] else 0, name)

    def test_strict_refuses_all_of_them(self):
        harmless = {"huge number", "huge exponent"}
        for tool in self.each_tool():
            for name, line in self.ROWS:
                if name in harmless:
                    continue
                result = run(command(tool, "--strict"), lines_of(event(0)) + line + b"\n")
                if name == "lone surrogate" and result.returncode == 0:
                    continue  # well-formed by RFC 8259, if not by Unicode
                if tool not in ("swindow", "sgroup", "sjoin") and name == "huge epoch":
                    continue  # the others do not need the time here
                if name == "nested arrays" or name == "nested objects":
                    continue  # deep is not wrong; a limit may refuse it
                self.assertEqual(result.returncode, 1, name)

    def test_messages_are_one_clean_line_each(self):
        for tool in self.each_tool():
            for name, line in self.ROWS:
                result = run(command(tool, "--strict"), line + b"\n")
                for message in result.stderr.splitlines():
                    self.assertTrue(message.startswith(tool.encode() + b": "), (name, message))
                    self.assertTrue(message.decode().isprintable(), (name, message))
                    self.assertLess(len(message), 400, name)

    def test_bad_to_holds_each_of_them(self):
        bad = str(self.folder / "bad")
        for tool in self.each_tool():
            run(command(tool, "--strict", "--bad-to", bad),
                b"".join(line + b"\n" for _, line in self.ROWS[:6]))
            with open(bad, encoding="utf-8") as file:
                rows = [json.loads(line) for line in file]
            self.assertEqual([row["line"] for row in rows], [1, 2, 3, 4, 5, 6])
            offset = 0
            for row, (_, line) in zip(rows, self.ROWS):
                self.assertEqual((row["offset"], list(row)),
                                 (offset, ["reason", "file", "line", "offset", "text"]))
                offset += len(line) + 1


if __name__ == "__main__":
    unittest.main()
