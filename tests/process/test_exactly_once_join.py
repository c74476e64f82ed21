"""Exactly once through sjoin: two sources, one of which follows the epochs of the other.

Whatever is killed, and whenever, the result is that of a run without failures and without checkpoints, byte
for byte: where barriers stand must not show.  STREAMUTILS_KILLS and STREAMUTILS_SEED as in test_exactly_once.
SPDX-License-Identifier: Apache-2.0
"""

import gzip
import hashlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import unittest

from harness import BIN, ToolTest, clean_environment
from pipeline import BRANCH, SLOW, Pipeline, slow_stage
from test_exactly_once import KILLS, SEED, ExactlyOnce, WithKills

DATA = pathlib.Path(os.environ.get("STREAMUTILS_DATA", ""))


def real_log(name, made_up):
    """The log of Zeek; made up lines where the data is not at hand."""
    path = DATA / f"zeek-{name}.ndjson.gz"
    return gzip.decompress(path.read_bytes()) if path.exists() else b"".join(made_up)


def made_up_events(count, spread):
    """With times that are out of order by up to 14 s, and keys of which some repeat; some megabytes."""
    text = b"a real line " * (160000 // count)
    return (b'{"ts":%d.%03d,"uid":"c%d","n":%d,"as_long_as":"%s"}\n'
            % (1521911720 + n // spread - n * 7919 % 14, n * 31 % 1000, n * 7919 % 5003, n, text)
            for n in range(count))


class ExactlyOnceJoin(ExactlyOnce):
    JOIN = ["sjoin", "on", "uid", "within", "30s", "--type", "full"]
    LEFT_DELAY, RIGHT_DELAY = 0.01, 0.002

    def setUp(self):
        super().setUp()
        (self.folder / "left").write_bytes(real_log("rdp", made_up_events(4000, 4)))
        (self.folder / "right").write_bytes(real_log("analyzer", made_up_events(16000, 16)))

    def stages(self, slow=1, every="20ms"):  # pylint: disable=arguments-differ
        return [["sread", "left", "--disorder", "15s", "--checkpoint-every", every],
                slow_stage(slow * self.LEFT_DELAY), [*self.JOIN, "-", BRANCH], ["swrite", "out"]]

    more_on_right = []  # stages

    def branch(self, slow=1):
        return [["sread", "right", "--name", "right", "--follow-epochs=sread"],
                slow_stage(slow * self.RIGHT_DELAY), *self.more_on_right]

    def pipeline(self, name, **more):
        folder = self.folder / name
        folder.mkdir()
        for side in ("left", "right"):
            os.link(self.folder / side, folder / side)
        return Pipeline(folder, self.stages(**more), branch=self.branch(more.get("slow", 1)))

    def undisturbed(self):
        """Without checkpoints."""
        right = " | ".join(["sread -w right", *map(" ".join, self.more_on_right)])
        words = [word if word != BRANCH else f"<({right})" for word in self.JOIN_WORDS]
        script = f"sread -w --disorder 15s left | {' '.join(words)}"
        path = f"{BIN}:{os.environ['PATH']}"
        result = subprocess.run(["bash", "-c", script], cwd=self.folder, capture_output=True, check=True,
                                env=clean_environment(PATH=path))
        rows = [line for line in result.stdout.splitlines(True) if not line.startswith(b'{"~stream"')]
        self.assertGreater(len(rows), 1000)
        return b"".join(rows)

    @property
    def JOIN_WORDS(self):  # pylint: disable=invalid-name
        return self.stages()[2]


class Kills(ExactlyOnceJoin, WithKills):
    LONGEST = 1.5

    def test_two_streams(self):
        self.kill_anybody(KILLS)


class Asof(Kills):
    JOIN = ["sjoin", "on", "uid", "asof", "within", "1m", "--type", "left"]
    LEFT_DELAY, RIGHT_DELAY = 0.004, 0.004

    def stages(self, slow=1, every="20ms"):
        stages = super().stages(slow, every)
        stages[2] = [*self.JOIN, BRANCH, "-"]
        return stages

    def test_two_streams(self):
        self.kill_anybody(max(KILLS // 2, 5))


class Table(Kills):
    """The table is a file: it is part of what is saved."""

    JOIN = ["sjoin", "on", "uid", "table", "right", "--type", "left"]
    MORE = []

    def stages(self, slow=1, every="20ms"):
        stages = super().stages(slow, every)
        stages[2] = [*self.JOIN, *self.MORE]
        return stages

    def branch(self, slow=1):
        return []

    def test_two_streams(self):
        self.kill_anybody(max(KILLS // 2, 5))


class FollowedTable(Table):
    """Nothing is written to it meanwhile, so that all versions of an event are the same."""

    MORE = ["--follow"]


class OtherFailures(ExactlyOnceJoin):
    def test_without_failures_barriers_do_not_show(self):
        expected = self.undisturbed()
        for name, slow in (("fast", 0), ("slow", 1)):
            pipeline = self.pipeline(name, slow=slow)
            self.assertEqual(set(pipeline.run()), {0}, pipeline.messages())
            self.assertEqual((pipeline.folder / "out").read_bytes(), expected)

    def test_sigterm_to_all(self):
        expected = self.undisturbed()
        pipeline = self.pipeline("term-all")
        for _ in range(3):
            self.run_for_a_while(pipeline)
            pipeline.kill_all(signal.SIGTERM)
            self.assert_expected(pipeline.wait(), pipeline)
        self.finish(pipeline, expected)

    def check_what_ends_early(self):
        """The source that follows is done while the epochs go on, and the next run finds that it was."""
        expected = self.undisturbed()
        pipeline = self.pipeline("short", slow=6)
        for _ in range(3):
            self.run_for_a_while(pipeline, least_epochs=1)
            pipeline.kill_all()
            pipeline.wait()
        for _ in range(2):  # it is a part of what is complete, too
            self.finish(pipeline, expected)

    def cut_right(self):
        (self.folder / "right").write_bytes((self.folder / "right").read_bytes()[:100000].rsplit(b"\n", 1)[0] + b"\n")

    def test_a_side_that_ends_long_before_the_other(self):
        self.cut_right()
        self.check_what_ends_early()

    def test_stages_of_a_side_that_ends_long_before_the_other(self):
        self.cut_right()
        self.more_on_right = [["sdedup", "uid", "--name", "seen"], ["sfilter", "--around", "1s", "n>=0"]]
        self.check_what_ends_early()

    def test_a_stage_that_ends_its_side(self):
        """What stands in front of it dies of SIGPIPE, and is a part of the pipeline all the same."""
        self.more_on_right = [["sfilter", "-m", "100"], ["sdedup", "uid"]]
        self.check_what_ends_early()

    def test_a_stage_that_ends_its_side_at_once(self):
        """Before the first barrier, and the source in front of it is killed before it notices."""
        self.more_on_right = [["sfilter", "-m", "5"], ["sdedup", "uid"]]
        self.RIGHT_DELAY = 0.25
        expected = self.undisturbed()
        pipeline = self.pipeline("at-once")
        pipeline.start()
        time.sleep(0.2)
        source = next(process for process in pipeline.processes if "right" in process.args)
        source.send_signal(signal.SIGSTOP)
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline and not self.epoch(pipeline):
            time.sleep(0.005)
        pipeline.kill_all()
        pipeline.wait()
        pipeline.branch = self.branch(slow=0.02)
        self.finish(pipeline, expected)

    def test_a_table_at_the_end_of_a_side_is_written_once(self):
        self.cut_right()
        self.more_on_right = [["sgroup", "uid", "max", "ts", "as", "ts"]]
        self.check_what_ends_early()

    @unittest.skipUnless((DATA / "zeek-rdp.ndjson.gz").exists(), "made up events are through too soon")
    def test_a_side_that_dies_is_not_a_side_that_ends(self):
        """Nothing that comes of the other one alone may be committed."""
        expected = self.undisturbed()
        pipeline = self.pipeline("dies", slow=8)
        for number in (4, 5, 0):
            self.run_for_a_while(pipeline)
            is_alive = pipeline.processes[number].poll() is None
            pipeline.kill(number)
            statuses = pipeline.wait()
            self.assert_expected(statuses, pipeline)
            if is_alive and not self.is_complete(pipeline):
                self.assertEqual(statuses[2], 75, pipeline.messages())
            self.check_only_grows(pipeline, expected)
        self.finish(pipeline, expected)


class Diamonds(ToolTest):
    """One source, two branches, one sjoin: barriers come on both, and between two of them more than pipes hold."""

    EVENTS = 120000  # of 300 bytes
    SLOW = f"{sys.executable} -c '{SLOW}' 0.001"

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.file("in", b"".join(b'{"ts":%d,"n":%d,"text":"%s"}\n' % (1700000000 + n // 1000, n, b"x" * 250)
                                 for n in range(self.EVENTS)))

    def start(self, script):
        """With pipes of its own: who has been killed may still hold the old ones, with lines in them."""
        for name in ("a", "b"):
            (self.folder / name).unlink(missing_ok=True)
            os.mkfifo(self.folder / name)
        environment = clean_environment(PATH=f"{BIN}:{os.environ['PATH']}", STREAMUTILS_CHECKPOINT="ck")
        with open(self.folder / "stderr", "ab") as errors:
            return subprocess.Popen(["bash", "-c", "set -o pipefail; " + script], cwd=self.folder, stderr=errors,
                                    start_new_session=True, env=environment)

    def messages(self):
        return (self.folder / "stderr").read_text()

    def check(self, left, right, kills):
        """`left` and `right`: what stands in the branches.  The whole is killed so many times."""
        diamond = (f"sread in --disorder 0 --checkpoint-every 100ms | tee a | {right} > b & "
                   f"{left} < a | sjoin on n within 1s --type left - b | swrite out")
        for _ in range(kills):
            process = self.start(diamond)
            time.sleep(self.random.uniform(0.2, 1.0))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process = self.start(diamond)
        try:
            self.assertEqual(process.wait(120), 0, self.messages())
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        self.assertEqual(hashlib.sha256((self.folder / "out").read_bytes()).hexdigest(), self.expected(right))

    def expected(self, right):
        filters = right.rsplit("|", 1)[-1]
        script = f"sjoin on n within 1s --disorder 0 --type left in <({filters} < in) | sha256sum"
        path = f"{BIN}:{os.environ['PATH']}"
        result = subprocess.run(["bash", "-c", script], cwd=self.folder, capture_output=True, check=True,
                                env=clean_environment(PATH=path))
        return result.stdout.split()[0].decode()

    def test_the_small_branch_is_slow(self):
        self.check("cat", f"{self.SLOW} | sfilter 'n~7$'", kills=0)

    def test_the_large_branch_is_slow(self):
        self.check(self.SLOW, "sfilter 'n~7$'", kills=3)

    def test_a_branch_that_drops_all(self):
        self.check("cat", "sfilter n=-1", kills=2)


class Refusals(ExactlyOnceJoin):
    def test_a_side_without_barriers(self):
        for number, words in enumerate((["cat", "right"], ["sread", "-w", "right"])):
            pipeline = self.pipeline(f"without{number}", slow=0)
            pipeline.branch = [["env", "-u", "STREAMUTILS_CHECKPOINT", *words]]
            pipeline.branch[0] = [word if word != "sread" else str(BIN / "sread") for word in pipeline.branch[0]]
            self.assertEqual(pipeline.run()[2], 2, pipeline.messages())
            self.assert_says(pipeline.messages(), "the stream", "carries no checkpoints")


if __name__ == "__main__":
    unittest.main()
