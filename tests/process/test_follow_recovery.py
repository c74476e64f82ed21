"""Exactly once from logs that live: rotated by rename or truncation, matched by patterns, while sread runs
and while it is dead.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import random
import signal
import time
import unittest

from harness import PATIENCE, ToolTest
from pipeline import Pipeline

SEED = int(os.environ.get("STREAMUTILS_SEED", "1"))
KILLS = int(os.environ.get("STREAMUTILS_KILLS", "20"))


class LiveLogs(ToolTest):
    """Writers of lines, each with a number of its own, in front of a pipeline that is killed."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        self.written = 0

    def pipeline(self, *files):
        sread = ["sread", "-q", "-F", "--checkpoint-every", "20ms", *files]
        return Pipeline(self.folder, [sread, ["swrite", "out"]])

    def write(self, name, lines=None):
        with open(self.logs / name, "ab") as file:
            for _ in range(lines or self.random.randrange(1, 200)):
                file.write(b'{"ts":%d,"n":%d}\n' % (1_700_000_000 + self.written, self.written))
                self.written += 1

    def numbers(self):
        out = self.folder / "out"
        return [json.loads(line)["n"] for line in out.read_bytes().splitlines()] if out.exists() else []

    def wait_for_all(self, pipeline):
        deadline = time.monotonic() + PATIENCE
        while len(self.numbers()) < self.written and time.monotonic() < deadline:
            self.assertTrue(pipeline.is_running(), pipeline.messages())
            time.sleep(0.02)
        self.check(pipeline)

    def check(self, pipeline):
        self.assertEqual(sorted(self.numbers()), list(range(self.written)), pipeline.messages())

    def kill(self, pipeline):
        if self.random.random() < 0.2:
            pipeline.kill(0, signal.SIGTERM)
        else:
            pipeline.kill(self.random.randrange(len(pipeline.stages)))
        pipeline.wait()

    def live(self, pipeline, names, actions, rounds=KILLS):
        """Does something to the logs at random moments, killing somebody each time.  What was renamed before
        anybody had seen it is not looked for, so the files of these names are seen first."""
        for name in names:
            self.write(name)
        pipeline.start()
        self.wait_for_all(pipeline)
        for _ in range(rounds):
            for _ in range(self.random.randrange(1, 5)):
                self.random.choice(actions)()
                time.sleep(self.random.uniform(0, 0.06))
            self.kill(pipeline)
            for _ in range(self.random.randrange(0, 4)):
                self.random.choice(actions)()
            pipeline.start()
        self.wait_for_all(pipeline)
        time.sleep(0.2)
        self.check(pipeline)
        pipeline.kill_all(signal.SIGTERM)
        pipeline.wait()

    def rotate(self, name, keep=4):
        """As logrotate does it: app.log, app.log.1, app.log.2 …; what falls out has been read long ago."""
        path = self.logs / name
        if not path.exists():
            return
        for number in range(keep, 0, -1):
            old = pathlib.Path(f"{path}.{number}")
            if old.exists():
                old.rename(f"{path}.{number + 1}")
        path.rename(f"{path}.1")


class Rotation(LiveLogs):
    def test_by_rename(self):
        def rotate():
            self.rotate("app.log", keep=1000)
            if self.random.random() < 0.5:
                (self.logs / "app.log").touch()

        pipeline = self.pipeline("logs/app.log")
        self.live(pipeline, ["app.log"],
                  [lambda: self.write("app.log"), lambda: self.write("app.log"), rotate])

    def test_by_truncation(self):
        """What was not read before it was cut off is lost to everybody, so it waits for that."""
        pipeline = self.pipeline("logs/app.log")
        pipeline.start()
        for round_ in range(8):
            self.write("app.log")
            self.wait_for_all(pipeline)
            dead = round_ % 2 == 1
            if dead:
                self.kill(pipeline)
            os.truncate(self.logs / "app.log", 0)
            self.write("app.log", 400 if round_ % 3 == 0 else None)
            if dead:
                pipeline.start()
            self.wait_for_all(pipeline)
            self.kill(pipeline)
            pipeline.start()
        self.wait_for_all(pipeline)
        pipeline.kill_all()
        pipeline.wait()

    def test_two_files_of_which_one_is_rotated(self):
        pipeline = self.pipeline("logs/app.log", "logs/other.log")
        self.live(pipeline, ["app.log", "other.log"],
                  [lambda: self.write("app.log"), lambda: self.write("other.log"),
                   lambda: self.rotate("app.log", keep=1000)], rounds=8)


class Patterns(LiveLogs):
    def test_files_that_come(self):
        def begin():
            self.write(f"{self.written:06}.log")

        pipeline = self.pipeline("logs/*.log")
        self.live(pipeline, [], [begin, begin, lambda: self.write("a.log"), lambda: self.write("b.log")])

    def test_rotation_to_names_that_match(self):
        pipeline = self.pipeline("logs/*")
        names = ["a.log", "b.log"]
        self.live(pipeline, [], [lambda: self.write(self.random.choice(names)),
                                 lambda: self.rotate(self.random.choice(names), keep=1000)])

    def test_rotation_to_names_that_do_not(self):
        pipeline = self.pipeline("logs/*.log")
        names = ["a.log", "b.log"]
        self.live(pipeline, names, [lambda: self.write(self.random.choice(names)),
                                    lambda: self.rotate(self.random.choice(names), keep=1000)])

    def test_files_that_were_read_are_deleted(self):
        pipeline = self.pipeline("logs/*.log")
        pipeline.start()
        for round_ in range(6):
            for name in ("a", "b"):
                self.write(f"{name}{round_}.log")
            self.wait_for_all(pipeline)
            if round_ % 2:
                self.kill(pipeline)
            (self.logs / f"a{round_}.log").unlink()
            if round_ % 2:
                pipeline.start()
        self.wait_for_all(pipeline)
        pipeline.kill_all()
        pipeline.wait()


if __name__ == "__main__":
    unittest.main()
