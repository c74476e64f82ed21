"""sgroup on a terminal: the table is shown while it comes to be.

SPDX-License-Identifier: Apache-2.0
"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unittest

from harness import BIN, PATIENCE, ToolTest, clean_environment, event, lines_of


class Screen:
    """sgroup with its output on a terminal of its own."""

    def __init__(self, *arguments, lines=10, columns=40):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen([str(BIN / "sgroup"), *arguments], stdin=subprocess.PIPE,
                                        stdout=slave, stderr=subprocess.PIPE, bufsize=0,
                                        env=clean_environment())
        os.close(slave)
        self.seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.stdin.close()
        self.process.stderr.close()
        self.process.wait()
        os.close(self.master)

    def read(self, until):
        """All that was written, once `until` is in it."""
        deadline = time.monotonic() + PATIENCE
        while until not in self.seen and time.monotonic() < deadline:
            if not select.select([self.master], [], [], 0.1)[0]:
                continue
            try:
                self.seen += os.read(self.master, 1 << 16).decode()
            except OSError:
                break
        return self.seen

    def rest(self):
        self.process.stdin.close()
        while True:
            try:
                more = os.read(self.master, 1 << 16).decode()
            except OSError:
                break
            if not more:
                break
            self.seen += more
        self.process.wait(PATIENCE)
        return show(self.seen)


def show(written):
    """The lines that stand on the screen: only what the table uses is understood."""
    lines, row = [""], 0
    for part in re.findall(r"\033\[\d*[FJ]|\r?\n|[^\033\r\n]+", written):
        if part.endswith("F"):
            row -= int(part[2:-1])
        elif part.endswith("J"):
            lines = lines[:row] + [""]
        elif part.endswith("\n"):
            row += 1
            if row == len(lines):
                lines.append("")
        else:
            lines[row] += part
    return lines


class LiveTable(ToolTest):
    def test_the_table_grows_and_the_rows_take_its_place(self):
        with Screen("user", "count", "sum", "n", "--order", "count", "--desc") as screen:
            screen.process.stdin.write(lines_of(event(1, user="ann", n=1), event(2, user="bob", n=20)))
            self.assertIn("user  count  sum_n\r\nann       1      1\r\nbob       1     20\r\n",
                          screen.read("bob       1     20\r\n"))
            screen.process.stdin.write(lines_of(event(3, user="bob", n=5)))
            seen = screen.read("bob       2     25\r\n")
            self.assertIn("\033[3F\033[J", seen)
            self.assertEqual(screen.rest(), ['{"user":"bob","count":2,"sum_n":25}',
                                             '{"user":"ann","count":1,"sum_n":1}', ""])

    def test_no_more_than_the_terminal_holds(self):
        with Screen("user", lines=8, columns=12) as screen:
            screen.process.stdin.write(lines_of(*(event(n, user=f"user-number-{n}") for n in range(30))))
            seen = screen.read("more")
            shown = seen.split("\r\n")
            self.assertEqual(len(shown), 1 + 5 + 1 + 1)
            self.assertIn("... 25 more", seen)
            self.assertTrue(all(len(re.sub(r"\033\[\d*[A-Z]", "", line)) <= 12 for line in shown))
            self.assertEqual(len(screen.rest()), 31)

    def test_a_log_of_changes_is_no_table(self):
        with Screen("user", "--changes") as screen:
            screen.process.stdin.write(lines_of(event(1, user="ann")))
            self.assertEqual(screen.read("\n"), '{"user":"ann","count":1}\r\n')


if __name__ == "__main__":
    unittest.main()
