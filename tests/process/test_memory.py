"""A stateless tool stays below 10 MiB, whatever comes.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import re
import subprocess
import unittest

from harness import ToolTest, command, event, lines_of

LIMIT_KIB = 10 << 10


def peak_kib(argv, block, times):
    """The peak memory of the process when `block` has been put into it so many times.

    From /proc while it lives: what wait4(2) tells includes the memory of the parent before exec."""
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        for _ in range(times):
            process.stdin.write(block)
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        process.stdin.close()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))


@unittest.skipIf(os.environ.get("STREAMUTILS_SANITIZED"), "sanitizers need memory of their own")
class Memory(ToolTest):
    def test_many_events(self):
        block = lines_of(*(event(n % 60, n=n, text="x" * 150) for n in range(5000)))
        rows = [["type=purchase"], ["n>100"], ["text~x+y"], ["-v", "n=7"], ["--sample", "1%:n"], ["-w"], []]
        for options in rows:
            self.assertLess(peak_kib(command("sfilter", *options), block, 30), LIMIT_KIB, options)

    def test_nothing_but_damage(self):
        block = b"\0garbage\xff" * 5000 + b"\n" + b"[" * 50000 + b"\n" + b"no event\n" * 1000
        self.assertLess(peak_kib(command("sfilter"), block, 30), LIMIT_KIB)

    def test_few_groups(self):
        block = lines_of(*(event(n % 60, n=n % 7, amount=n) for n in range(5000)))
        argv = [*command("swindow"), "avg", "amount", "by", "n"]
        self.assertLess(peak_kib(argv, block, 30), LIMIT_KIB)


if __name__ == "__main__":
    unittest.main()
