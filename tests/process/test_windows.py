"""Windows and the world: the clock, the disk, and memory.

SPDX-License-Identifier: Apache-2.0
"""

import array
import fcntl
import json
import os
import pathlib
import re
import subprocess
import termios
import time
import unittest

from harness import BIN, Running, ToolTest, clean_environment, event, lines_of, run


UNREADABLE = pathlib.Path(__file__).with_name("unreadable_scratch.c")


def swindow(*arguments):
    return [str(BIN / "swindow"), *arguments]


class ProcessingTime(ToolTest):
    def test_a_window_closes_by_the_clock_while_the_input_is_quiet(self):
        with Running(swindow("tumbling", "200ms", "count", "--processing-time")) as running:
            running.put(lines_of('{"no":"time"}'))
            row = json.loads(running.line())
            self.assertEqual(row["count"], 1)
            self.assertGreater(row["window_start"], "2026")

    def test_files_are_read_at_the_time_of_reading(self):
        result = run(swindow("tumbling", "1d", "count", "--processing-time"), lines_of(*['{"n":1}'] * 1000))
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual(sum(json.loads(row)["count"] for row in result.stdout.splitlines()), 1000)


def unread_bytes(pipe):
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


class Spill(ToolTest):
    KEYS = 40000
    WORDS = ("tumbling", "1h", "count", "sum", "n", "last", "n", "by", "k")
    KINDS = ("tumbling 1h", "cumulate 100s 25s", "sliding 30s 15s", "session 10s")
    KINDS_BY_KEY = ("rolling 1h", "tumbling 9rows")  # events that wait stay in memory: theirs are in order

    def events(self, time_of):
        return lines_of(*[event(time_of(n), n=n, k=f"key number {n * 7919 % self.KEYS}")
                          for n in range(3 * self.KEYS)])

    def setUp(self):
        super().setUp()
        self.data = self.events(lambda n: n % 50)

    def run_in(self, folder, *options, kind="tumbling 1h"):
        argv = swindow(*kind.split(), *self.WORDS[2:], *options, "--disorder", "1m")
        return subprocess.run(argv, input=self.data, capture_output=True,
                              env=clean_environment(TMPDIR=str(folder)), check=False)

    def test_the_rows_are_those_of_memory(self):
        for kind in self.KINDS + self.KINDS_BY_KEY:
            with self.subTest(kind):
                expected = self.run_in(self.folder, kind=kind)
                self.assertEqual((expected.returncode, expected.stderr), (0, b""))
                self.assertGreaterEqual(len(expected.stdout.splitlines()), self.KEYS)
                spilled = self.run_in(self.folder, "--mem", "1M", kind=kind)
                self.assertEqual((spilled.returncode, spilled.stderr), (0, b""))
                self.assertEqual(spilled.stdout, expected.stdout)
                self.assertEqual(os.listdir(self.folder), [])

    def test_without_a_disk_groups_stay_in_memory_and_that_is_said(self):
        expected = self.run_in(self.folder)
        result = self.run_in(self.folder / "nowhere", "--mem", "1M")
        self.assertEqual(result.stdout, expected.stdout)
        self.assertIn(b"--mem: the disk takes no more groups", result.stderr)
        self.assertEqual(result.returncode, 0)

    def test_a_disk_that_cannot_be_read_again_is_a_failure_and_no_end(self):
        library = self.folder / "unreadable.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, UNREADABLE], check=True)
        broken = clean_environment(TMPDIR=str(self.folder), LD_PRELOAD=str(library),
                                   ASAN_OPTIONS="verify_asan_link_order=0")
        table = [str(BIN / "sgroup"), "k", "count"]
        in_order = self.events(lambda n: n // 1000)
        by_key = [swindow(*kind.split(), *self.WORDS[2:], "--disorder", "0") for kind in self.KINDS_BY_KEY]
        for command in (swindow(*self.WORDS, "--disorder", "1m"), table, *by_key):
            state = self.folder / "state"
            for keeping in ((), ("--state", str(state), "--drain")):
                with self.subTest(command=command, keeping=keeping):
                    argv = [*command, "--mem", "1M", "-w", "--control", "always", *keeping]
                    data = in_order if command in by_key else self.data
                    result = subprocess.run(argv, input=data, capture_output=True, env=broken, check=False)
                    self.assertEqual(result.returncode, 4)
                    self.assertIn(b"--mem: what was written to disk cannot be read again", result.stderr)
                    self.assertNotIn(b'"end"', result.stdout)
                    self.assertFalse(state.exists())

    @unittest.skipIf(os.environ.get("STREAMUTILS_SANITIZED"), "sanitizers need memory of their own")
    def test_memory_is_bounded(self):
        def peak(kind, *options, data=self.data):
            disorder = "0" if kind in self.KINDS_BY_KEY else "1m"
            argv = swindow(*kind.split(), *self.WORDS[2:], *options, "--disorder", disorder)
            with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
                process.stdin.write(data)
                process.stdin.flush()
                while unread_bytes(process.stdin) > 0:
                    time.sleep(0.02)
                time.sleep(0.2)
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
                process.stdin.close()
            return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))
        in_order = self.events(lambda n: n // 1000)
        for kind in self.KINDS + self.KINDS_BY_KEY:
            data = in_order if kind in self.KINDS_BY_KEY else self.data
            with self.subTest(kind):
                empty = peak(kind, data=b"\n")
                held = peak(kind, data=data) - empty
                self.assertLess(peak(kind, "--mem", "1M", data=data) - empty, 0.7 * held)


if __name__ == "__main__":
    unittest.main()
