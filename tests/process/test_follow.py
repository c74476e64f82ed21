"""sread -F: files that grow, are rotated, truncated, made later; packed files.

SPDX-License-Identifier: Apache-2.0
"""

import gzip
import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from harness import BIN, PATIENCE, Running, ToolTest, event, lines_of, run


class FollowTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.log = self.folder / "app.log"

    def follow(self, *words, **more):
        options = ["--control", "never", "-q", "-F"]
        return Running([str(BIN / "sread"), *options, *map(str, words or [self.log])], **more)

    def append(self, data, path=None):
        with open(path or self.log, "ab") as file:
            file.write(data)

    def expect(self, running, *numbers):
        for number in numbers:
            self.assertEqual(running.line(), event(number, n=number))

    def put(self, *numbers, path=None):
        self.append(lines_of(*(event(n, n=n) for n in numbers)), path)


class Following(FollowTest):
    def test_from_the_start_and_on(self):
        self.put(0, 1)
        with self.follow() as running:
            self.expect(running, 0, 1)
            self.put(2)
            self.expect(running, 2)
            self.put(3, 4)
            self.expect(running, 3, 4)

    def test_half_a_line_waits_for_the_rest(self):
        self.put(0)
        with self.follow() as running:
            self.append(event(1, n=1)[:10].encode())
            self.expect(running, 0)
            self.assertIsNone(running.line(0.3))
            self.append(event(1, n=1)[10:].encode() + b"\n")
            self.expect(running, 1)

    def test_a_file_that_is_made_later(self):
        with self.follow() as running:
            self.assertIsNone(running.line(0.2))
            self.put(0)
            self.expect(running, 0)

    def test_renamed_and_made_anew(self):
        self.put(0, 1)
        with self.follow() as running:
            self.expect(running, 0, 1)
            self.log.rename(self.folder / "app.log.1")
            self.log.touch()
            self.put(2, path=self.folder / "app.log.1")
            self.expect(running, 2)
            self.put(3)
            self.put(4)
            self.expect(running, 3, 4)
            for round_ in range(5, 15):
                self.log.rename(self.folder / "app.log.1")
                self.put(round_)
                self.expect(running, round_)

    def test_what_is_written_while_it_is_renamed(self):
        """Whatever the order of writes, nothing is lost and nothing comes twice."""
        self.put(0)
        with self.follow() as running:
            self.expect(running, 0)
            for n in range(10, 60, 2):
                with open(self.log, "ab", buffering=0) as writer:
                    self.log.rename(self.folder / "app.log.1")
                    writer.write(lines_of(event(n, n=n)))
                self.put(n + 1)
                self.expect(running, n, n + 1)

    def test_truncated(self):
        self.put(*range(5))
        with self.follow() as running:
            self.expect(running, *range(5))
            os.truncate(self.log, 0)
            self.put(7)
            self.expect(running, 7)

    def test_truncated_and_grown_beyond_where_it_stood(self):
        self.put(0)
        with self.follow() as running:
            self.expect(running, 0)
            self.assertIsNone(running.line(0.3))
            with open(self.log, "r+b") as file:
                file.write(lines_of(event(5, n=5), event(6, n=6)))
            self.expect(running, 5, 6)

    def test_a_last_line_without_end_counts_when_the_file_is_replaced(self):
        self.append(event(0, n=0).encode())
        with self.follow() as running:
            self.assertIsNone(running.line(0.3))
            self.log.rename(self.folder / "app.log.1")
            self.put(1)
            self.expect(running, 0, 1)

    def test_two_files_and_one_of_them_quiet(self):
        other = self.folder / "other.log"
        self.put(0, 3)
        self.put(1, 2, path=other)
        with self.follow(self.log, other) as running:
            self.expect(running, 0, 1, 2, 3)
            self.put(4)
            self.expect(running, 4)
            self.put(5, path=other)
            self.expect(running, 5)

    def test_a_header_for_each_file(self):
        self.append(b"a,b\n1,2\n")
        with self.follow("--format", "csv", self.log) as running:
            self.assertEqual(running.line(), '{"a":"1","b":"2"}')
            self.log.rename(self.folder / "app.log.1")
            self.append(b"b,c\n3,4\n")
            self.assertEqual(running.line(), '{"b":"3","c":"4"}')

    def test_the_reader_that_leaves_ends_it(self):
        self.put(0)
        with self.follow() as running:
            self.expect(running, 0)
            running.process.stdout.close()
            self.assertEqual(running.status(), -signal.SIGPIPE)

    def test_a_signal_ends_it_without_an_end_mark(self):
        self.put(0)
        with Running([str(BIN / "sread"), "-F", str(self.log)]) as running:
            self.assertIn("begin", running.line())
            self.assertEqual(running.line(), event(0, n=0))
            running.send(signal.SIGTERM)
            self.assertEqual(running.status(), -signal.SIGTERM)
            self.assertNotIn(b"end", running.unread + running.process.stdout.read())

    def test_a_quiet_file_closes_windows_by_the_clock(self):
        script = f"{BIN}/sread -F --idle 200ms {self.log} | {BIN}/swindow tumbling 1s count"
        with Running(["bash", "-c", script], start_new_session=True) as running:
            subprocess.run(["bash", "-c", f"printf '{{\"ts\":%s}}\\n' $(date +%s.%N) >> {self.log}"],
                           check=True)
            lines = [running.line() for _ in range(2)]
            while lines[-1] and "window_start" not in lines[-1]:
                lines.append(running.line())
            self.assertEqual(json.loads(lines[-1])["count"], 1)
            os.killpg(running.process.pid, signal.SIGKILL)

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_without_inotify(self):
        strace = ["strace", "-qqq", "-o", "/dev/null", "-e", "inject=inotify_init1:error=ENOSYS"]
        argv = [*strace, str(BIN / "sread"), "--control", "never", "-F", str(self.log)]
        self.put(0)
        with Running(argv) as running:
            self.expect(running, 0)
            self.put(1)
            self.expect(running, 1)
            self.log.rename(self.folder / "app.log.1")
            self.put(2)
            self.expect(running, 2)

    def test_what_cannot_be_followed(self):
        result = run([str(BIN / "sread"), "-F"])
        self.assertEqual(result.returncode, 2)
        result = run([str(BIN / "sread"), "-F", str(self.folder)])
        self.assertEqual(result.returncode, 4)
        self.assert_says(result.stderr, "Is a directory")


class Pace(ToolTest):
    def test_a_replay_takes_its_time(self):
        lines = lines_of(*(event(n) for n in (0, 1, 1, 3)))
        start = time.monotonic()
        result = run([str(BIN / "sread"), "--control", "never", "--speed", "10"], lines)
        self.assertEqual((result.stdout, result.returncode), (lines, 0))
        self.assertGreater(time.monotonic() - start, 0.29)

    def test_what_is_due_has_left(self):
        with Running([str(BIN / "sread"), "--control", "never", "--speed", "0.001"]) as running:
            running.put(lines_of(event(0), event(5)))
            self.assertEqual(running.line(), event(0))
            self.assertIsNone(running.line(0.2))
            running.send(signal.SIGTERM)
            running.process.stdin.close()
            self.assertEqual(running.status(), -signal.SIGTERM)


class Packed(ToolTest):
    LINES = lines_of(*(event(n % 60, n=n, text="x" * (n % 50)) for n in range(20000)))

    def sread(self, *words, stdin=b""):
        return run([str(BIN / "sread"), "--control", "never", "-q", "--disorder", "1m", *words], stdin)

    def zstd(self, data):
        return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True,
                              timeout=PATIENCE).stdout

    def test_gzip_by_its_bytes(self):
        half = len(self.LINES) // 2
        packed = gzip.compress(self.LINES[:half]) + gzip.compress(self.LINES[half:])
        for result in (self.sread(self.file("log", packed)), self.sread(stdin=packed)):
            self.assertEqual((result.stdout, result.returncode), (self.LINES, 0))

    def test_gzip_cut_off_or_damaged(self):
        packed = bytearray(gzip.compress(self.LINES))
        result = self.sread(self.file("log.gz", packed[:-100]))
        self.assertEqual(result.returncode, 4)
        self.assert_says(result.stderr, "log.gz: the packed data is damaged or cut off")
        packed[5000] ^= 0x55
        self.assertEqual(self.sread(self.file("log.gz", packed)).returncode, 4)

    @unittest.skipUnless(shutil.which("zstd"), "zstd is not installed")
    def test_zstd(self):
        packed = self.zstd(self.LINES) + self.zstd(b"")
        self.assertEqual(self.sread(self.file("log", packed)).stdout, self.LINES)
        result = self.sread(self.file("log", packed[:3000]))
        self.assertEqual(result.returncode, 4)

    @unittest.skipUnless(shutil.which("zstd"), "zstd is not installed")
    def test_what_stands_in_front_of_damage_is_read(self):
        """As gzip -d has it: a wrong sum at the end takes nothing back."""
        few = self.LINES[:20000]
        for pack, end in (gzip.compress, -8), (self.zstd, -1):
            packed = bytearray(pack(few))
            packed[end] ^= 1
            result = self.sread(self.file("log", packed))
            self.assertEqual(result.returncode, 4)
            self.assertEqual(result.stdout, few[:few.rindex(b"\n") + 1])
            self.assert_says(result.stderr, "log: the packed data is damaged or cut off")

    def test_what_was_read_is_not_read_in_the_next_run(self):
        """Places in it are larger than the file."""
        state, other = str(self.folder / "state"), str(self.folder / "other")
        log = self.file("log.gz", gzip.compress(self.LINES))
        for words in ("--state", state, log), ("--state", other, f"{self.folder}/*.gz"):
            self.assertEqual(self.sread(*words).stdout, self.LINES)
            self.assertEqual(self.sread(*words).stdout, b"")
        with open(log, "ab") as file:
            file.write(gzip.compress(b'{"ts":1700000099}\n'))
        self.assertEqual(self.sread("--state", state, log).stdout, b'{"ts":1700000099}\n')
        with open(log, "rb+") as file:
            file.truncate(3000)
        result = self.sread("--state", state, log)
        self.assertEqual((result.stdout, result.returncode), (b"", 4))
        self.assert_says(result.stderr, "log.gz holds less than the", "it was replaced, or is damaged")

    def test_short_files_that_begin_alike(self):
        for data in (b"", b"\x1f", b"\x28\xb5", b"{}", b"{}\n"):
            result = self.sread(self.file("log", data))
            self.assertEqual(result.stdout, b"{}\n" if data.startswith(b"{") else b"", data)


if __name__ == "__main__":
    unittest.main()
