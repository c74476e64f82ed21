"""sread and patterns of files: those that are there, that come, that are renamed, that go.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import signal
import time
import unittest

import test_follow as follow
from harness import BIN, Running, ToolTest, event, lines_of, run


class Expanded(ToolTest):
    """Without -F: what matches when it begins."""

    def test_in_order_of_time_and_of_equal_times_by_name(self):
        for name, seconds in (("b.log", (1, 3)), ("a.log", (1, 2)), ("c.txt", (0,))):
            self.file(name, lines_of(*(event(second, of=name) for second in seconds)))
        os.mkdir(self.folder / "d.log")
        result = run([str(BIN / "sread"), "--control", "never", "-q", f"{self.folder}/*.log"])
        found = [json.loads(line)["of"] for line in result.stdout.splitlines()]
        self.assertEqual((found, result.returncode), (["a.log", "b.log", "a.log", "b.log"], 0))

    def test_a_file_of_that_name_is_no_pattern(self):
        self.file("[a].log", lines_of(event(1)))
        self.file("a.log", lines_of(event(2)))
        result = run([str(BIN / "sread"), "--control", "never", "-q", f"{self.folder}/[a].log"])
        self.assertEqual(result.stdout, lines_of(event(1)))

    def test_nothing_matches(self):
        result = run([str(BIN / "sread"), f"{self.folder}/*.log"])
        self.assertEqual(result.returncode, 4)
        self.assert_says(result.stderr, "*.log: no file matches")


class Logs(follow.FollowTest):
    def setUp(self):
        super().setUp()
        self.logs = self.folder / "logs"
        self.logs.mkdir()

    def put(self, *numbers, path=None):
        super().put(*numbers, path=self.logs / (path or "a.log"))


class Following(Logs):
    def test_files_that_come(self):
        self.put(0, 2)
        self.put(1, 3, path="b.log")
        with self.follow(f"{self.logs}/*.log") as running:
            self.expect(running, 0, 1, 2, 3)
            self.put(4, path="c.log")
            self.expect(running, 4)
            (self.logs / "new").write_bytes(lines_of(event(5, n=5)))
            (self.logs / "new").rename(self.logs / "d.log")
            self.expect(running, 5)
            self.put(6)
            self.put(7, path="c.log")
            self.expect(running, 6, 7)

    def test_told_to_end_before_anything_came_it_does_not_say_that_all_has(self):
        with Running([str(BIN / "sread"), "-q", "-F", f"{self.logs}/*.log"]) as running:
            self.assertIsNone(running.line(0.5))
            running.send(signal.SIGTERM)
            self.assertEqual(running.status(), -signal.SIGTERM)
            self.assertNotIn(b"end", running.unread + running.process.stdout.read())

    def test_none_at_first_and_folders_that_come(self):
        with self.follow(f"{self.folder}/logs/*/*.log") as running:
            self.assertIsNone(running.line(0.2))
            (self.logs / "x").mkdir()
            self.put(0, path="x/a.log")
            self.expect(running, 0)
            self.put(1, path="x/a.log")
            self.expect(running, 1)
            (self.logs / "y").mkdir()
            self.put(2, path="y/a.log")
            self.expect(running, 2)

    def test_what_is_renamed_to_a_name_that_matches_is_not_read_again(self):
        self.put(0)
        with self.follow(f"{self.logs}/*") as running:
            self.expect(running, 0)
            for number in range(1, 8):
                for old in range(6, 0, -1):
                    if (self.logs / f"a.log.{old}").exists():
                        (self.logs / f"a.log.{old}").rename(self.logs / f"a.log.{old + 1}")
                (self.logs / "a.log").rename(self.logs / "a.log.1")
                self.put(number)
                self.expect(running, number)
                self.assertIsNone(running.line(0.05))
            self.assertIsNone(running.line(1.5))

    def test_truncated(self):
        self.put(0, 1)
        with self.follow(f"{self.logs}/*") as running:
            self.expect(running, 0, 1)
            os.truncate(self.logs / "a.log", 0)
            self.put(2)
            self.expect(running, 2)
            self.assertIsNone(running.line(0.3))
            (self.logs / "a.log").write_bytes(lines_of(event(3, n=3), event(4, n=4)))
            self.expect(running, 3, 4)

    def test_a_dated_name_after_the_other(self):
        with self.follow(f"{self.logs}/*.log") as running:
            for number in range(5):
                self.put(number, path=f"{number}.log")
                self.expect(running, number)
                if number > 1:
                    (self.logs / f"{number - 2}.log").unlink()

    def test_a_deleted_file_is_read_to_its_end_and_closed(self):
        self.put(0)
        with self.follow(f"{self.logs}/*.log") as running:
            self.expect(running, 0)
            self.put(1)
            self.append(event(2, n=2).encode(), self.logs / "a.log")
            (self.logs / "a.log").unlink()
            self.expect(running, 1, 2)
            deadline = time.monotonic() + follow.PATIENCE
            descriptors = f"/proc/{running.process.pid}/fd"
            while any("a.log" in os.readlink(f"{descriptors}/{fd}") for fd in os.listdir(descriptors)):
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            self.put(3)
            self.expect(running, 3)

    def watermark_after(self, running, text):
        line = running.line()
        while line and text not in line:
            line = running.line()
        return line

    def test_a_file_of_yesterday_does_not_hold_back_the_watermark(self):
        self.put(0, path="yesterday.log")
        self.put(1, path="today.log")
        argv = [str(BIN / "sread"), "-F", "--idle", "100ms", f"{self.logs}/*.log"]
        with Running(argv) as running:
            self.assertIsNotNone(self.watermark_after(running, '"n":1'))
            time.sleep(0.3)
            self.put(30, path="today.log")
            self.assertIn("10:00:29Z", self.watermark_after(running, '"watermark":"2026-11-22T10:00:29'))

    def test_a_deleted_file_does_not_hold_it_back_either(self):
        self.put(0, path="yesterday.log")
        self.put(30, path="today.log")
        argv = [str(BIN / "sread"), "-F", "--idle", "off", f"{self.logs}/*.log"]
        with Running(argv) as running:
            self.assertIsNotNone(self.watermark_after(running, '"n":30'))
            (self.logs / "yesterday.log").unlink()
            self.put(31, path="today.log")
            self.assertIn("10:00:30Z", self.watermark_after(running, '"watermark":"2026-11-22T10:00:30'))

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_one_that_cannot_be_read_is_said_and_tried_again(self):
        self.put(0)
        (self.logs / "b.log").touch(0o000)
        with self.follow(f"{self.logs}/*.log") as running:
            self.expect(running, 0)
            (self.logs / "b.log").chmod(0o600)
            self.put(1, path="b.log")
            self.expect(running, 1)


class KeptByState(Logs):
    """--state: what was read in one run is not read in the next, whatever its name is by then."""

    def test_renamed_deleted_and_new_between_two_runs(self):
        words = ["--state", str(self.folder / "state"), f"{self.logs}/*"]
        self.put(0, 1)
        self.put(2, path="b.log")
        with self.follow(*words) as running:
            self.expect(running, 0, 1, 2)
            (self.logs / "a.log").rename(self.logs / "a.log.1")
            self.put(3)
            self.expect(running, 3)
            running.send(signal.SIGTERM)
            running.status()
        self.put(4, path="b.log")
        (self.logs / "b.log").rename(self.logs / "old")
        (self.logs / "a.log.1").rename(self.logs / "a.log.3")
        self.put(5)
        (self.logs / "a.log").rename(self.logs / "a.log.2")
        self.put(6, path="a.log.1")
        self.put(7)
        with self.follow(*words) as running:
            found = sorted(json.loads(running.line())["n"] for _ in range(4))
            self.assertEqual(found, [4, 5, 6, 7])
            self.assertIsNone(running.line(1.2))

    def test_expanded_anew_each_night(self):
        argv = [str(BIN / "sread"), "--control", "never", "-q", "--state", str(self.folder / "state"),
                f"{self.logs}/*.log"]
        self.put(0, 1)
        self.assertEqual(run(argv).stdout, lines_of(event(0, n=0), event(1, n=1)))
        self.put(2)
        self.put(3, path="b.log")
        self.assertEqual(run(argv).stdout, lines_of(event(2, n=2), event(3, n=3)))
        self.assertEqual(run(argv).stdout, b"")


if __name__ == "__main__":
    unittest.main()
