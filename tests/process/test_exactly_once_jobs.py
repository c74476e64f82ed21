"""Exactly once with copies: whatever of sgroup --jobs is killed, the result is that of an undisturbed run.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import signal
import unittest

from harness import BIN
from test_exactly_once import KILLS, WithKills


def children(process):
    """The processes that it has started and that are alive."""
    try:
        text = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(word) for word in text.split()]


class Copies(WithKills):
    COPIES = 3
    STAGE = 2  # of sgroup

    def stages(self, delay=None, every="30ms", windows="tumbling 10s"):
        source, slow, *_, sink = super().stages(delay, every)
        words = windows.split()
        if not (BIN / words[0]).exists():
            words = ["swindow", *words, "count", "list", "uid", "by", "qtype_name"]
        return [source, slow,
                ["sgroup", "qtype_name", "--jobs", str(self.COPIES), "--idle", "off", "--", *words],
                sink]

    def pipeline(self, name, **more):
        pipeline = super().pipeline(name, **more)
        pipeline.environment["PATH"] = f"{BIN}:{os.environ['PATH']}"
        return pipeline


class Kills(Copies):
    def kill_until_complete(self, pipeline, expected, wanted):
        """Of the pipeline itself, or one of the copies."""
        pipeline_kill = pipeline.kill

        def kill(number):
            copies = children(pipeline.processes[number]) if number == self.STAGE else []
            if copies and self.random.random() < 0.7:
                os.kill(self.random.choice(copies), signal.SIGKILL)
            else:
                pipeline_kill(number)
        pipeline.kill = kill
        return super().kill_until_complete(pipeline, expected, wanted)

    def test_kill_anybody_at_any_time(self):
        self.kill_anybody(KILLS // 2, windows="tumbling 10s")

    def test_kill_anybody_while_sessions_are_open(self):
        self.kill_anybody(KILLS // 2, windows="session 3s")

    def test_kill_anybody_while_sessions_of_copies_are_on_disk(self):
        self.kill_anybody(KILLS // 4, windows="session 3s --mem 1")

    def test_kill_anybody_while_copies_write_between_watermarks(self):
        """Their order is that of a run without a failure, wherever barriers stand."""
        self.kill_anybody(KILLS // 4, windows="sdedup uid --within 1h")

    def test_kill_anybody_while_copies_write_for_each_event(self):
        self.kill_anybody(KILLS // 4, windows="rolling 2s")


class Copied(Copies):
    LINES = 8000
    DELAY = 0.01

    def test_the_rows_are_those_without_checkpoints(self):
        for number, windows in enumerate(("tumbling 10s", "sdedup uid --within 1h", "rolling 2s")):
            with self.subTest(windows):
                self.compare_without_checkpoints(number, windows)

    def compare_without_checkpoints(self, number, windows):
        pipeline = self.pipeline(f"with{number}", delay=0, windows=windows)
        self.assertEqual(set(pipeline.run()), {0}, pipeline.messages())
        without = self.pipeline(f"without{number}", delay=0, windows=windows)
        del without.environment["STREAMUTILS_CHECKPOINT"]
        without.stages[0] = ["sread", "log"]
        self.assertEqual(set(without.run()), {0}, without.messages())
        self.assertEqual(self.content(pipeline), self.content(without))

    def test_another_number_of_copies_is_refused(self):
        expected = self.undisturbed()
        pipeline = self.pipeline("number")
        self.run_for_a_while(pipeline)
        pipeline.kill_all()
        pipeline.wait()
        stages = pipeline.stages
        pipeline.stages = [[word if word != str(self.COPIES) else "2" for word in stage] for stage in stages]
        self.assertIn(2, pipeline.run())
        self.assert_says(pipeline.messages(), "sgroup-merge", "--jobs=3", "--jobs=2")
        pipeline.stages = stages
        self.finish(pipeline, expected)

    def test_what_waits_for_other_copies_is_checked(self):
        more = {"windows": "sdedup uid --within 1h"}
        expected = self.undisturbed(**more)
        pipeline = self.pipeline("damaged", **more)
        self.run_for_a_while(pipeline)
        pipeline.kill_all()
        pipeline.wait()
        file = pipeline.folder / "ck" / f"sgroup-merge.{self.epoch(pipeline)}"
        good = file.read_bytes()
        for bad, message in ((good.replace(b"merge", b"marge", 1), "is damaged"), (None, "No such file")):
            if bad:
                file.write_bytes(bad)
            else:
                file.unlink()
            self.assertIn(4, pipeline.run())
            self.assert_says(pipeline.messages(), file.name, message)
        file.write_bytes(good)
        self.finish(pipeline, expected)

    def test_copies_that_drop_control_lines_are_refused(self):
        pipeline = self.pipeline("drops", delay=0)
        pipeline.stages[self.STAGE] = ["sgroup", "qtype_name", "--jobs", "2", "--", "grep", "-v", "~stream"]
        self.assertIn(4, pipeline.run())
        self.assert_says(pipeline.messages(), "the copies write no control lines")


if __name__ == "__main__":
    unittest.main()
