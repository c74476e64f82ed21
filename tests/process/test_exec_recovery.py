"""swrite --exec with --checkpoint: commands for what was committed, each at least once, in order.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import signal
import time
import unittest

from harness import PATIENCE, ToolTest
from pipeline import Pipeline

COMMAND = "sh -c 'cat >> done'"


class Commands(ToolTest):
    EVENTS = 60

    def setUp(self):
        super().setUp()
        (self.folder / "log").write_bytes(
            b"".join(b'{"ts":%d,"n":%d}\n' % (1_700_000_000 + n, n) for n in range(self.EVENTS)))

    def pipeline(self, *options, command=COMMAND):
        sread = ["sread", "-q", "log", "--checkpoint-every", "10ms"]
        return Pipeline(self.folder, [sread, ["swrite", "--exec", command, *options]])

    def done(self, name="done"):
        path = self.folder / name
        return [json.loads(line)["n"] for line in path.read_bytes().splitlines()] if path.exists() else []

    def wait_for(self, count):
        deadline = time.monotonic() + PATIENCE
        while len(self.done()) < count and time.monotonic() < deadline:
            time.sleep(0.005)

    def test_each_once_and_in_order_if_nothing_fails(self):
        pipeline = self.pipeline()
        self.assertEqual(pipeline.run(), [0, 0], pipeline.messages())
        self.assertEqual(self.done(), list(range(self.EVENTS)))
        self.assertEqual(pipeline.run(), [0, 0], pipeline.messages())
        self.assertEqual(self.done(), list(range(self.EVENTS)))

    def test_none_is_left_out_whoever_is_killed(self):
        for what in (signal.SIGKILL, signal.SIGTERM):
            with self.subTest(what):
                kills = 0
                for _ in range(30):
                    pipeline = self.pipeline()
                    pipeline.start()
                    self.wait_for(len(self.done()) + 7)
                    if not pipeline.is_running():
                        break
                    pipeline.kill(1, what)
                    kills += 1
                    pipeline.wait()
                self.assertEqual(pipeline.run(), [0, 0], pipeline.messages())
                self.assertGreater(kills, 1)
                found = self.done()
                self.assertEqual(sorted(set(found)), list(range(self.EVENTS)))
                self.assertLessEqual(len(found), self.EVENTS + 2 * kills)
                (self.folder / "done").unlink()
                os.rename(self.folder / "ck", self.folder / f"ck.{what}")

    def test_what_fails_for_good_is_kept_and_not_run_again(self):
        command = """sh -c 'read line; case $line in *7}) exit 3;; esac; echo "$line" >> done'"""
        options = ["--retries", "1", "--retry-wait", "1ms", "--dead-to", "dead", "--max-parallel", "3"]
        pipeline = self.pipeline(*options, command=command)
        self.assertEqual(pipeline.run(), [0, 1], pipeline.messages())
        dead = [json.loads(line) for line in (self.folder / "dead").read_bytes().splitlines()]
        expected = [n for n in range(self.EVENTS) if n % 10 == 7]
        self.assertEqual(sorted(entry["event"]["n"] for entry in dead), expected)
        self.assertEqual({entry["tries"] for entry in dead}, {2})
        self.assertEqual(sorted(self.done()), [n for n in range(self.EVENTS) if n % 10 != 7])
        self.assert_says(pipeline.messages(), f"the command of {len(expected)} events has failed for good")


if __name__ == "__main__":
    unittest.main()
