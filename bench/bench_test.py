"""Tests of generate and demo_view.  The argument is the folder of the programs.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import datetime
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

BIN = sys.argv.pop(1)


def generate(*options):
    """The lines that generate writes, as bytes."""
    done = subprocess.run([f"{BIN}/generate", *options], stdout=subprocess.PIPE, check=True)
    return done.stdout.splitlines(keepends=True)


def time_of(event):
    return datetime.datetime.fromisoformat(event["ts"].replace("Z", "+00:00"))


class FixedTest(unittest.TestCase):
    def test_bytes_are_a_function_of_the_seed(self):
        once = generate("--events", "3000", "--seed", "7", "--malformed", "5%")
        self.assertEqual(once, generate("--events", "3000", "--seed", "7", "--malformed", "5%"))
        self.assertFalse(set(once) & set(generate("--events", "3000", "--seed", "8")))

    def test_a_slice_can_be_made_again(self):
        whole = generate("--events", "3000", "--malformed", "5%")
        self.assertEqual(whole[1234:2000], generate("--first", "1234", "--events", "766",
                                                    "--malformed", "5%"))

    def test_the_example_is_what_it_says(self):
        root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        with open(f"{root}/examples/shop.ndjson", "rb") as example:
            self.assertEqual(example.readlines(), generate(
                "--events", "300", "--rate", "5", "--users", "40", "--purchases", "20%"))

    def test_size_is_reached_and_no_line_is_cut(self):
        lines = generate("--bytes", "1M")
        self.assertGreaterEqual(sum(map(len, lines)), 1_000_000)
        self.assertLess(sum(map(len, lines[:-1])), 1_000_000)
        self.assertEqual(lines[-1][-2:], b"}\n")

    def test_events_are_as_described(self):
        events = [json.loads(line) for line in generate("--events", "20000", "--purchases", "20%",
                                                        "--users", "50")]
        self.assertEqual({len(event) for event in events}, {10})
        self.assertEqual(len({event["id"] for event in events}), 20000)
        self.assertLessEqual(len({event["user"] for event in events}), 50)
        self.assertEqual({event["type"] for event in events},
                         {"view", "click", "purchase", "refund"})
        bought = [event for event in events if event["type"] == "purchase"]
        self.assertAlmostEqual(len(bought) / 20000, 0.2, delta=0.02)
        self.assertTrue(all("amount" in event for event in bought))

    def test_disorder_is_bounded_and_real(self):
        newest, worst = None, datetime.timedelta()
        for line in generate("--events", "20000", "--disorder", "3s"):
            t = time_of(json.loads(line))
            newest = max(newest or t, t)
            worst = max(worst, newest - t)
        self.assertLess(worst, datetime.timedelta(seconds=3))
        self.assertGreater(worst, datetime.timedelta(seconds=2.5))

    def test_damage_comes_at_its_rate(self):
        damaged = 0
        for line in generate("--events", "20000", "--malformed", "2%"):
            try:
                time_of(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError):
                damaged += 1
        self.assertAlmostEqual(damaged / 20000, 0.02, delta=0.004)

    def test_bad_command_lines_are_refused(self):
        for options in ([], ["--events", "x"], ["--events", "1", "--malformed", "2"],
                        ["--seconds", "1", "--first", "3"], ["--events", "1", "--disorder", "-1s"]):
            done = subprocess.run([f"{BIN}/generate", *options], capture_output=True)
            self.assertEqual((done.returncode, done.stdout), (2, b""), options)
            self.assertNotEqual(done.stderr, b"")

    def test_a_full_disk_is_noticed(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([f"{BIN}/generate", "--events", "9"], stdout=full,
                                  stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"No space left", done.stderr)


class LiveTest(unittest.TestCase):
    def test_times_are_now_and_the_number_is_right(self):
        begin = datetime.datetime.now(datetime.timezone.utc)
        events = [json.loads(line) for line in generate("--seconds", "1", "--rate", "500")]
        end = datetime.datetime.now(datetime.timezone.utc)
        self.assertEqual(len(events), 500)
        self.assertGreater(end - begin, datetime.timedelta(seconds=0.99))
        for event in events:
            self.assertGreater(time_of(event), begin - datetime.timedelta(seconds=2.01))
            self.assertLess(time_of(event), end)

    def test_leaves_quietly_with_its_reader(self):
        run = subprocess.Popen([f"{BIN}/generate", "--seconds", "60", "--rate", "1000"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        run.stdout.readline()
        run.stdout.close()
        self.assertEqual(run.wait(timeout=10), -signal.SIGPIPE)
        self.assertEqual(run.stderr.read(), b"")
        run.stderr.close()


class Screen:
    """demo_view on a pseudo-terminal, with named pipes for its three feeds."""

    def __init__(self, stack, columns=80, rows=24):
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        self.paths = [f"{folder}/{name}" for name in ("events", "purchases", "malformed")]
        for path in self.paths:
            os.mkfifo(path)
        self.master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        command = [f"{BIN}/demo_view", "5", "generate | sfilter | swindow", *self.paths]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=terminal)
        os.close(terminal)
        self.shown = b""
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        with contextlib.suppress(OSError):  # the terminal is gone
            while data := os.read(self.master, 4096):
                self.shown += data

    def finish(self):
        status = self.process.wait(timeout=20)
        self.reader.join(timeout=20)
        os.close(self.master)
        return status

    def last_picture(self):
        text = re.split(r"\x1b\[\d+A", self.shown.decode())[-1]
        return re.sub(r"\x1b\[[?\d]*[a-zA-Z]", "", text).strip("\r").splitlines()


def write_feeds(screen):
    bought = '{"type":"purchase","amount":10.10}\n{"type":"purchase","amount":20.30}\n'
    for path, text in zip(screen.paths, ("{}\n" * 1234, bought, "{}\n")):
        with open(path, "w") as pipe:
            pipe.write(text)


WINDOW = (b'{"window_start":"2026-11-22T10:00:00Z","window_end":"2026-11-22T10:00:02Z",'
          b'"count":17,"avg_amount":48.125}\n')


class ViewTest(unittest.TestCase):
    def test_final_picture_has_the_numbers(self):
        with contextlib.ExitStack() as stack:
            screen = Screen(stack)
            write_feeds(screen)
            screen.process.communicate(WINDOW)
            self.assertEqual(screen.finish(), 0)
        picture = "\n".join(screen.last_picture())
        self.assertRegex(picture, r"events processed +1,234 ")
        self.assertRegex(picture, r"purchases that passed +2 +0\.2 %")
        self.assertRegex(picture, r"average value +15\.20")
        self.assertRegex(picture, r"malformed, set aside +1\b")
        self.assertRegex(picture, r"10:00:00 - 10:00:02 +17 +48\.1")
        self.assertTrue(screen.shown.endswith(b"\x1b[?25h"))

    def test_small_terminals_are_respected(self):
        with contextlib.ExitStack() as stack:
            screen = Screen(stack, columns=30, rows=9)
            write_feeds(screen)
            screen.process.communicate(WINDOW * 20)
            self.assertEqual(screen.finish(), 0)
        picture = screen.last_picture()
        self.assertEqual(len(picture), 8)
        self.assertLessEqual(max(map(len, picture)), 30)

    def test_a_long_pipeline_stands_on_a_line_per_stage(self):
        with contextlib.ExitStack() as stack:
            screen = Screen(stack, columns=20)
            write_feeds(screen)
            screen.process.communicate(WINDOW)
            self.assertEqual(screen.finish(), 0)
        self.assertEqual(screen.last_picture()[1:4], ["generate |", "sfilter |", "swindow"])

    def test_interrupt_restores_the_terminal(self):
        with contextlib.ExitStack() as stack:
            screen = Screen(stack)
            write_feeds(screen)
            while b"1,234" not in screen.shown:
                time.sleep(0.01)
            screen.process.send_signal(signal.SIGINT)
            self.assertEqual(screen.finish(), -signal.SIGINT)
            screen.process.stdin.close()
        self.assertTrue(screen.shown.endswith(b"\x1b[?25h"))


if __name__ == "__main__":
    unittest.main()
