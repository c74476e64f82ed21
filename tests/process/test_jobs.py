"""sgroup --jobs: copies of a command, fed by key.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import unittest

from harness import (BEGIN, BIN, END, PATIENCE, Running, ToolTest, clean_environment, event,
                     lines_of)

PATH = f"{BIN}:{os.environ['PATH']}"


def jobs(n, *command, options=(), key="user"):
    return [str(BIN / "sgroup"), key, *options, "--jobs", str(n), "--", *command]


def start(argv, stdin, **more):
    return subprocess.run(argv, input=stdin, capture_output=True, timeout=120,
                          env=clean_environment(PATH=PATH), **more)


def users(count, seed=1):
    chance = random.Random(seed)
    return [event(n // 10, user=f"u{chance.randrange(50)}", n=n) for n in range(count)]


def segments(lines):
    """The records between two watermarks, each with the watermark that ends them."""
    parts, part = [], collections.Counter()
    for line in lines:
        if line.startswith('{"~stream":{"watermark"'):
            parts.append((line, part))
            part = collections.Counter()
        elif not line.startswith('{"~stream"'):
            part[line] += 1
    return parts + [("", part)]


def catches(signal_number, pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    mask = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(mask, 16) >> (signal_number - 1) & 1)


def wait_until_caught(signal_number, pid, copies):
    """Until the process, and so many copies of the command that it runs, would not die of the signal."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if len(children) == copies and all(catches(signal_number, p) for p in [pid, *children]):
            return
        time.sleep(0.02)
    raise AssertionError(f"not caught: {signal_number}")


class Copies(ToolTest):
    def test_windows_of_copies_are_the_windows_of_one(self):
        stream = lines_of(*users(5000))
        window = ["swindow", "tumbling", "1m", "count", "sum", "n", "by", "user"]
        stamped = start([str(BIN / "sfilter"), "-w"], stream).stdout
        direct = start([str(BIN / window[0]), *window[1:]], stamped).stdout.decode().splitlines()
        for n in (1, 2, 5):
            with self.subTest(n):
                result = start(jobs(n, *window), stamped)
                self.assertEqual((result.returncode, result.stderr), (0, b""))
                self.assertEqual(segments(result.stdout.decode().splitlines()), segments(direct))

    def test_without_watermarks_in_the_input_the_rows_are_those_of_one(self):
        stream = lines_of(*users(5000))
        window = ["swindow", "tumbling", "1m", "count", "by", "user"]
        direct = start([str(BIN / window[0]), *window[1:]], stream).stdout.decode().splitlines()
        result = start(jobs(3, *window), stream)
        self.assertEqual(result.returncode, 0)
        rows = result.stdout.decode().splitlines()
        self.assertEqual(sorted(rows), sorted(direct))
        ends = [json.loads(row)["window_end"] for row in rows]
        self.assertEqual(ends, sorted(ends))

    def test_the_result_is_the_same_in_every_run(self):
        stream = lines_of(BEGIN, *users(3000), END)
        results = {start(jobs(4, "swindow", "tumbling", "10s", "count", "by", "user"), stream).stdout
                   for _ in range(5)}
        self.assertEqual(len(results), 1)

    def test_each_key_is_always_in_the_same_copy(self):
        script = "while IFS= read -r line; do echo \"$STREAMUTILS_COPY {copy} $line\"; done"
        result = start(jobs(4, "bash", "-c", script), lines_of(*users(500)))
        copies = collections.defaultdict(set)
        for line in result.stdout.decode().splitlines():
            variable, word, text = line.split(" ", 2)
            self.assertEqual(word, variable.replace("/", "-of-"))
            copies[json.loads(text)["user"]].add(variable)
        self.assertEqual({len(of_user) for of_user in copies.values()}, {1})
        self.assertEqual(len(set.union(*copies.values())), 4)

    def test_a_command_that_is_not_ours_needs_no_control_lines(self):
        stream = lines_of(*users(300))
        result = start(jobs(3, "cat"), stream)
        self.assertEqual(sorted(result.stdout.splitlines()), sorted(stream.splitlines()))
        self.assertEqual(result.returncode, 0)

    def test_pipes_that_are_full_on_both_sides_do_not_stop_it(self):
        """Each copy puts out ten times what it reads, and nobody reads for a while."""
        line = event(1, user="x", text="y" * 1000)
        stream = lines_of(*[line.replace('"x"', f'"u{n % 7}"') for n in range(4000)])
        argv = jobs(2, sys.executable, "-c",
                    "import sys\nfor line in sys.stdin:\n  sys.stdout.write(line * 10)")
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              env=clean_environment(PATH=PATH)) as process:
            feeder = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=process.stdin)
            process.stdin.close()
            time.sleep(0.5)
            reader = subprocess.Popen(["wc", "-l"], stdin=process.stdout, stdout=subprocess.PIPE)
            feeder.stdin.write(stream)
            feeder.stdin.close()
            self.assertEqual(int(reader.communicate(timeout=60)[0]), 40000)
            self.assertEqual(process.wait(PATIENCE), 0)
            feeder.wait(PATIENCE)

    def test_a_line_leaves_while_the_input_is_quiet(self):
        with Running(jobs(2, "cat")) as running:
            for n in range(5):
                running.put(lines_of(event(n, user=f"u{n}")))
                self.assertEqual(running.line(), event(n, user=f"u{n}"))


class Endings(ToolTest):
    def test_a_copy_that_dies_stops_everything_with_its_status(self):
        script = "read line; test \"$STREAMUTILS_COPY\" = 2/3 && exit 7; cat > /dev/null"
        with Running(jobs(3, "bash", "-c", script)) as running:
            running.put(lines_of(*users(100)))
            self.assertEqual(running.status(), 7)
            self.assert_says(running.messages(), "copy 2 of 3 (bash) has died with exit status 7")

    def test_a_copy_that_is_killed_stops_everything(self):
        script = "read line; test \"$STREAMUTILS_COPY\" = 1/2 && kill -9 $$; cat > /dev/null"
        with Running(jobs(2, "bash", "-c", script)) as running:
            running.put(lines_of(*users(100)))
            self.assertEqual(running.status(), 128 + 9)
            self.assert_says(running.messages(), "copy 1 of 2 (bash) has died with signal 9")

    def test_copies_that_have_enough_end_it(self):
        with Running(jobs(2, "head", "-n", "1")) as running:
            running.put(lines_of(*users(1000)))
            self.assertIsNotNone(running.line())
            self.assertIsNotNone(running.line())
            self.assertEqual(running.status(), 0)

    def test_the_worst_status_at_the_end_is_that_of_the_whole(self):
        script = "cat > /dev/null; test \"$STREAMUTILS_COPY\" != 2/2 || exit 3"
        self.assertEqual(start(jobs(2, "bash", "-c", script), lines_of(*users(10))).returncode, 3)

    def test_a_command_that_cannot_be_run_is_named(self):
        result = start(jobs(2, "no-such-command"), b"")
        self.assertEqual(result.returncode, 4)
        self.assert_says(result.stderr, "cannot run no-such-command: No such file or directory")

    def test_a_stream_that_breaks_off_holds_back_what_is_open(self):
        stream = lines_of(BEGIN, *users(100))
        result = start(jobs(2, "swindow", "tumbling", "1h", "count"), stream)
        self.assertEqual(result.returncode, 75)
        self.assertNotIn(b'"count"', result.stdout)

    def test_the_reader_leaves(self):
        with Running(jobs(2, "cat")) as running:
            running.put(lines_of(*users(10)))
            self.assertIsNotNone(running.line())
            running.process.stdout.close()
            self.assertEqual(running.status(), -signal.SIGPIPE)

    def test_sigterm_writes_what_is_open_and_dies_of_it(self):
        with Running(jobs(2, str(BIN / "swindow"), "tumbling", "1h", "count", "by", "user")) as running:
            running.put(lines_of(*users(100)))
            wait_until_caught(signal.SIGTERM, running.process.pid, copies=2)
            running.send(signal.SIGTERM)
            running.process.stdin.close()
            self.assertIn('"partial":true', running.line() or "")
            running.process.stdout.read()
            self.assertEqual(running.status(), -signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
