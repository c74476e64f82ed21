"""SIGINT, SIGTERM and SIGUSR1.

SPDX-License-Identifier: Apache-2.0
"""

import json
import signal
import time
import unittest

from harness import GOOD, Running, ToolTest, command, event, lines_of

ENDING = [signal.SIGINT, signal.SIGTERM]


class Ending(ToolTest):
    def start(self, tool):
        """A tool that has written something and waits for more."""
        running = Running(command(tool))
        running.put(GOOD)
        self.assertIsNotNone(running.line())
        return running

    def test_once_dies_of_the_signal(self):
        for tool in self.each_tool():
            for what in ENDING:
                with self.start(tool) as running:
                    running.send(what)
                    self.assertEqual(running.status(), -what)
                    self.assertEqual(running.messages(), "")

    def test_once_reads_a_pipe_on_to_its_end(self):
        for tool in self.each_tool():
            with self.start(tool) as running:
                running.send(signal.SIGTERM)
                running.put(lines_of(event(30, last=True), event(90)))
                running.process.stdin.close()
                out = running.unread + running.process.stdout.read()
                self.assertEqual(running.status(), -signal.SIGTERM)
                self.assertRegex(out.decode(), "2026-11-22T10:00:3[01]Z")  # or the end of its period

    def test_twice_leaves_now(self):
        for tool in self.each_tool():
            with self.start(tool) as running:
                begin = time.monotonic()
                running.send(signal.SIGINT)
                time.sleep(0.2)
                running.send(signal.SIGINT)
                self.assertEqual(running.status(), -signal.SIGINT)
                self.assertLess(time.monotonic() - begin, 1.9)

    def test_ignored_stays_ignored(self):
        def ignore():
            signal.signal(signal.SIGINT, signal.SIG_IGN)

        for tool in self.each_tool():
            with Running(command(tool), preexec_fn=ignore) as running:
                running.put(GOOD)
                self.assertIsNotNone(running.line())
                running.send(signal.SIGINT)
                running.process.stdin.close()
                running.process.stdout.read()
                self.assertEqual(running.status(), 0)

    def test_open_windows_leave_marked_partial(self):
        with Running(command("swindow", "--idle", "off")) as running:
            running.put(lines_of(event(0), event(10)))
            self.assertNotIn("partial", running.line())
            running.send(signal.SIGTERM)
            self.assertIs(json.loads(running.line())["partial"], True)
            self.assertEqual(running.status(), -signal.SIGTERM)


class Statistics(ToolTest):
    def test_on_request_while_running(self):
        for tool in self.each_tool():
            with Running(command(tool)) as running:
                running.put(GOOD)
                self.assertIsNotNone(running.line())
                running.unread = b""
                running.send(signal.SIGUSR1)
                first = running.line(of="stderr")
                self.assertEqual(first.split(), ["in", "10"])
                self.assertTrue(running.is_running())

    def test_as_json(self):
        for tool in self.each_tool():
            with Running(command(tool, "--stats=json")) as running:
                running.put(GOOD)
                self.assertIsNotNone(running.line())
                running.unread = b""
                running.send(signal.SIGUSR1)
                now = json.loads(running.line(of="stderr"))
                running.process.stdin.close()
                end = json.loads(running.line(of="stderr"))
                self.assertEqual((now["in"], end["in"], end["tool"]), (10, 10, tool))
                self.assertEqual(end["in"], end["used"] + end["dropped"] + end["bad"] + end["late"])


if __name__ == "__main__":
    unittest.main()
