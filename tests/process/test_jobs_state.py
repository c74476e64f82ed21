"""sgroup --jobs --state: copies of a command that go on from run to run.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import os
import pathlib
import random
import signal
import subprocess
import time
import unittest

from harness import BIN, PATIENCE, ToolTest, clean_environment, event, lines_of

PATH = f"{BIN}:{os.environ['PATH']}"
WINDOWS = ["tumbling 1m", "session 20s", "sliding 2m 30s", "rolling 30s", "tumbling 5rows"]


def users(count, seed=1):
    chance = random.Random(seed)
    return [event(n // 10, user=f"u{chance.randrange(50)}", n=n) for n in range(count)]


class JobsState(ToolTest):
    def setUp(self):
        super().setUp()
        self.state = self.folder / "state"

    def jobs(self, windows, *options, copies=3):
        window = ["swindow", *windows.split(), "count", "sum", "n", "by", "user"]
        return [str(BIN / "sgroup"), "user", "--state", str(self.state), "--control", "never", *options,
                "--jobs", str(copies), "--", *window]

    def start(self, argv, stdin=b""):
        return subprocess.run(argv, input=stdin, capture_output=True, timeout=120,
                              env=clean_environment(PATH=PATH))

    def whole(self, windows, lines):
        window = ["swindow", *windows.split(), "count", "sum", "n", "by", "user", "--control", "never"]
        return collections.Counter(self.start([str(BIN / "swindow"), *window[1:]], lines_of(*lines))
                                   .stdout.splitlines())

    def folders(self):
        return sorted(path.name for path in self.folder.glob("state.*") if path.is_dir())


class Runs(JobsState):
    def test_the_rows_of_several_runs_are_those_of_one(self):
        lines = users(3000)
        for windows in WINDOWS:
            with self.subTest(windows):
                rows = collections.Counter()
                for first in range(0, len(lines), 1100):
                    part = self.start(self.jobs(windows, "--quiet"), lines_of(*lines[first:first + 1100]))
                    self.assertEqual((part.returncode, part.stderr), (0, b""))
                    rows.update(part.stdout.splitlines())
                last = self.start(self.jobs(windows, "--drain", "--quiet"))
                self.assertEqual((last.returncode, last.stderr), (0, b""))
                rows.update(last.stdout.splitlines())
                self.assertEqual(rows, self.whole(windows, lines))
                self.state.unlink()

    def test_a_state_that_is_not_there_is_said_once(self):
        result = self.start(self.jobs("tumbling 1m"), lines_of(*users(10)))
        self.assertEqual(result.stderr.decode().splitlines(),
                         [f"sgroup: {self.state}: there is no state yet, it begins empty"])
        self.assertEqual(self.folders(), ["state.1"])
        self.start(self.jobs("tumbling 1m"), lines_of(*users(10)))
        self.assertEqual(self.folders(), ["state.2"])

    def test_copies_of_copies(self):
        lines = users(2000)
        rows = collections.Counter()
        for part in (lines[:700], lines[700:1300], lines[1300:], None):
            argv = self.jobs("tumbling 1m", "--quiet", *(["--drain"] if part is None else []), copies=2)
            argv[argv.index("--") + 1:] = ["sgroup", "user", "--jobs", "2", "--", *argv[argv.index("--") + 1:]]
            result = self.start(argv, lines_of(*(part or [])))
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            rows.update(result.stdout.splitlines())
        self.assertEqual(rows, self.whole("tumbling 1m", lines))

    def test_a_file_is_read_on(self):
        lines = users(3000)
        log = self.file("log", lines_of(*lines[:1000]))
        rows = collections.Counter(self.start([*self.jobs("tumbling 1m")[:1], "user", log,
                                               *self.jobs("tumbling 1m")[2:]]).stdout.splitlines())
        with open(log, "ab") as file:
            file.write(lines_of(*lines[1000:]))
        more = self.start([str(BIN / "sgroup"), "user", log, *self.jobs("tumbling 1m", "--drain")[2:]])
        self.assert_says(more.stderr, "log: goes on at byte")
        rows.update(more.stdout.splitlines())
        self.assertEqual(rows, self.whole("tumbling 1m", lines))


class Ends(JobsState):
    def popen(self, argv):
        return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=clean_environment(PATH=PATH), start_new_session=True, bufsize=0)

    def test_a_signal_keeps_what_the_copies_know(self):
        lines = users(3000)
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                process = self.popen(self.jobs("tumbling 1m", "--quiet"))
                process.stdin.write(lines_of(*lines[:2000]))
                process.stdin.flush()
                out = process.stdout.readline()  # it is at work
                os.killpg(process.pid, number)  # as a terminal does
                more, messages = process.communicate(timeout=PATIENCE)
                self.assertEqual((process.returncode, messages), (-number, b""))
                last = self.start(self.jobs("tumbling 1m", "--drain", "--quiet"), lines_of(*lines[2000:]))
                self.assertEqual((last.returncode, last.stderr), (0, b""))
                rows = collections.Counter((out + more + last.stdout).splitlines())
                self.assertEqual(rows, self.whole("tumbling 1m", lines))

    def test_a_copy_that_is_killed_leaves_the_state_of_the_run_before(self):
        lines = users(3000)
        first = self.start(self.jobs("session 20s", "--quiet"), lines_of(*lines[:1500]))
        saved = self.state.read_bytes()
        process = self.popen(self.jobs("session 20s", "--quiet"))
        process.stdin.write(lines_of(*lines[1500:2500]))
        process.stdin.flush()
        deadline = time.monotonic() + PATIENCE
        children = []
        while len(children) < 3 and time.monotonic() < deadline:
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[1]), signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 128 + signal.SIGKILL)
        self.assertEqual(self.state.read_bytes(), saved)
        again = self.start(self.jobs("session 20s", "--drain", "--quiet"), lines_of(*lines[1500:]))
        self.assertEqual((again.returncode, again.stderr), (0, b""))
        rows = collections.Counter(first.stdout.splitlines() + again.stdout.splitlines())
        self.assertEqual(rows, self.whole("session 20s", lines))
        self.assertEqual(self.folders(), ["state.2"])

    def test_a_copy_that_refuses_leaves_the_state_of_the_run_before(self):
        self.start(self.jobs("tumbling 1m"), lines_of(*users(100)))
        saved = self.state.read_bytes()
        other = self.start(self.jobs("tumbling 2m"), lines_of(*users(100)))
        self.assertEqual(other.returncode, 2)
        self.assert_says(other.stderr, "tumbling 1m", "tumbling 2m")
        self.assertEqual(self.state.read_bytes(), saved)

    def test_another_number_of_copies_is_refused(self):
        self.start(self.jobs("tumbling 1m"), lines_of(*users(100)))
        other = self.start(self.jobs("tumbling 1m", copies=2), lines_of(*users(100)))
        self.assertEqual(other.returncode, 2)
        self.assert_says(other.stderr, "--jobs=3", "--jobs=2")

    def test_what_is_not_of_copies_is_not_removed(self):
        for what in ("file", "folder"):
            with self.subTest(what):
                other = self.folder / "state.1"
                if what == "file":
                    other.write_bytes(b"a log, rotated")
                else:
                    other.mkdir()
                    (other / "notes").write_bytes(b"")
                result = self.start(self.jobs("tumbling 1m"), lines_of(*users(100)))
                self.assertEqual(result.returncode, 4)
                self.assert_says(result.stderr, "state.1")
                self.assertTrue(other.is_file() if what == "file" else (other / "notes").exists())
                if what == "file":
                    other.unlink()

    def test_a_file_of_a_copy_that_is_missing_is_told(self):
        self.start(self.jobs("tumbling 1m"), lines_of(*users(100)))
        (self.folder / "state.1" / "swindow-2-of-3").unlink()
        result = self.start(self.jobs("tumbling 1m"), lines_of(*users(100)))
        self.assertEqual(result.returncode, 4)
        self.assert_says(result.stderr, "state.1/swindow-2-of-3 is missing")


if __name__ == "__main__":
    unittest.main()
