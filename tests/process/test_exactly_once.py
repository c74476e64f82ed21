"""Exactly once: whatever is killed, and whenever, the result is that of an undisturbed run.

The pipeline of streamutils-recovery(7) over a real log of DNS requests.  STREAMUTILS_KILLS says how many
processes are killed (20; the long form is 200), STREAMUTILS_SEED which ones and when.
SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import gzip
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time
import unittest

from harness import BIN, TOOLS, ToolTest, clean_environment, run
from pipeline import Pipeline, Power, slow_stage

DATA = pathlib.Path(os.environ.get("STREAMUTILS_DATA", "")) / "zeek-dns.ndjson.gz"
KILLS = int(os.environ.get("STREAMUTILS_KILLS", "20"))
SEED = int(os.environ.get("STREAMUTILS_SEED", "1"))

# What a stage may end with while others are being killed.
EXPECTED = {0, 75, -signal.SIGKILL, -signal.SIGPIPE, -signal.SIGTERM}


def real_log(lines):
    """Whole lines of the log; made up ones where the data is not at hand."""
    if DATA.exists():
        with gzip.open(DATA, "rb") as file:
            return b"".join(line for line, _ in zip(file, range(lines)))
    kinds = [b"A", b"AAAA", b"PTR", b"TXT", b"NS"]
    return b"".join(b'{"ts":%d,"uid":"c%d","qtype_name":"%s","as_long_as":"%s"}\n'
                    % (1521911720 + n // 7, n * 7919 % 5000, kinds[n % 5], b"a real line " * 30)
                    for n in range(lines))


class ExactlyOnce(ToolTest):
    LINES = 8000
    DELAY = 0.004  # of the slow stage, for each 16 KiB

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        (self.folder / "log").write_bytes(real_log(self.LINES))

    def stages(self, delay=None, every="30ms", windows="tumbling 10s"):
        dedup = [["sdedup", "uid", "--within", "1h"]] if "sdedup" in TOOLS else []
        words = windows.split()
        if words[0] != "sgroup":
            words = ["swindow", *words, *([] if "by" in words else ["count", "by", "qtype_name"])]
        return [["sread", "log", "--checkpoint-every", every],
                slow_stage(self.DELAY if delay is None else delay),
                ["sfilter", "qtype_name!=TXT"],
                *dedup,
                [*words, "--idle", "off"],
                ["swrite", "out"]]

    def pipeline(self, name, **more):
        folder = self.folder / name
        folder.mkdir()
        os.link(self.folder / "log", folder / "log")
        return Pipeline(folder, self.stages(**more))

    def run_for_a_while(self, pipeline, least_epochs=1):
        """Starts it, and waits until something has been committed beyond what was."""
        before = self.epoch(pipeline)
        hold = pipeline.folder / "hold"
        hold.touch()
        pipeline.start()
        deadline = time.monotonic() + 60
        while self.epoch(pipeline) < before + least_epochs and pipeline.is_running():
            self.assertLess(time.monotonic(), deadline, pipeline.messages())
            time.sleep(0.005)
        hold.unlink()
        self.assertFalse(self.is_complete(pipeline), "too quick for this test")

    @staticmethod
    def commit(pipeline):
        commit = pipeline.folder / "ck" / "COMMIT"
        return json.loads(commit.read_text().splitlines()[0]) if commit.exists() else {"epoch": 0}

    def epoch(self, pipeline):
        return self.commit(pipeline)["epoch"]

    def is_complete(self, pipeline):
        return self.commit(pipeline).get("complete", False)

    @staticmethod
    def content(pipeline):
        """What stands in its output."""
        return (pipeline.folder / "out").read_bytes()

    def undisturbed(self, **more):
        pipeline = self.pipeline("undisturbed", delay=0, **more)
        self.assertEqual(set(pipeline.run()), {0}, pipeline.messages())
        return self.content(pipeline)

    def assert_expected(self, statuses, pipeline):
        self.assertLessEqual(set(statuses), EXPECTED, pipeline.messages())

    def finish(self, pipeline, expected):
        """Runs on until the stream is complete."""
        for _ in range(20):
            statuses = pipeline.run()
            if set(statuses) == {0}:
                break
            self.assert_expected(statuses, pipeline)
        self.assertEqual(set(statuses), {0}, pipeline.messages())
        self.check_content(pipeline, expected)

    def check_content(self, pipeline, expected):
        self.assertEqual(self.content(pipeline), expected)

    def check_only_grows(self, pipeline, expected):
        out = pipeline.folder / "out"
        content = out.read_bytes() if out.exists() else b""
        self.assertEqual(content, expected[:len(content)])


class WithKills(ExactlyOnce):
    LONGEST = 1.2  # seconds until somebody is killed

    def kill_anybody(self, wanted, **more):
        """Kills random stages at random moments, in as many pipelines as it takes."""
        expected = self.undisturbed(**more)
        kills = rounds = 0
        while kills < wanted:
            rounds += 1
            pipeline = self.pipeline(f"round{rounds}", **more)
            kills += self.kill_until_complete(pipeline, expected, wanted - kills)
            self.finish(pipeline, expected)
            shutil.rmtree(pipeline.folder)
        print(f"{kills} kills in {rounds} rounds, seed {SEED}")

    def kill_anybody_with_changes(self, stage, **more):
        """The same, once an epoch of the stage has been seen that is one of changes."""
        for attempt in range(5):  # one that is slow may come to its end before
            pipeline = self.pipeline(f"changes{attempt}", **more)
            pipeline.start()
            while pipeline.is_running() and not self.has_changes(pipeline, stage):
                time.sleep(0.005)
            if self.has_changes(pipeline, stage):
                break
            pipeline.wait()
        self.assertTrue(self.has_changes(pipeline, stage), pipeline.messages())
        pipeline.kill_all()
        pipeline.wait()
        self.finish(pipeline, self.undisturbed(**more))
        shutil.rmtree(pipeline.folder)
        shutil.rmtree(self.folder / "undisturbed")
        self.kill_anybody(KILLS // 4, **more)

    @staticmethod
    def has_changes(pipeline, stage):
        """Whether the file of an epoch is one that another has begun."""
        found = False
        for file in pipeline.folder.glob(f"ck/{stage}.*[0-9]"):
            with contextlib.suppress(FileNotFoundError):
                found = found or file.stat().st_nlink > 1
        return found

    def kill_until_complete(self, pipeline, expected, wanted):
        kills = 0
        while kills < wanted:
            pipeline.start()
            deadline = time.monotonic() + self.random.uniform(0.02, self.LONGEST)
            while pipeline.is_running() and time.monotonic() < deadline:
                time.sleep(0.005)
            victims = self.random.sample(range(len(pipeline.processes)), self.random.choice([1, 1, 1, 2]))
            alive = [number for number in victims if pipeline.processes[number].poll() is None]
            for number in alive:
                pipeline.kill(number)
            kills += len(alive)
            statuses = pipeline.wait()
            self.assert_expected(statuses, pipeline)
            self.check_only_grows(pipeline, expected)
            if set(statuses) == {0}:
                break
        return kills


class Kills(WithKills):
    def test_kill_anybody_at_any_time(self):
        self.kill_anybody((KILLS + 3) // 4, windows="tumbling 10s")

    def test_kill_anybody_while_windows_are_on_disk(self):
        self.kill_anybody(KILLS // 4, windows="sliding 20s 5s --mem 1")

    def test_checkpoints_change_nothing_of_what_is_on_disk(self):
        in_memory = self.pipeline("memory", delay=0, windows="tumbling 1h distinct uid as users")
        on_disk = self.pipeline("disk", windows="tumbling 1h distinct uid as users --mem 1k")
        for pipeline in (in_memory, on_disk):
            self.assertEqual(set(pipeline.run()), {0}, pipeline.messages())
        self.assertEqual(self.content(on_disk), self.content(in_memory))

    def test_kill_anybody_while_sessions_are_saved_in_slices(self):
        self.kill_anybody(KILLS // 4, windows="session 3s")

    def test_kill_anybody_while_slices_of_windows_are_saved(self):
        self.kill_anybody(KILLS // 4, windows="sliding 30s 5s")

    def test_kill_anybody_while_cumulating_windows_are_saved(self):
        self.kill_anybody(KILLS // 4, windows="cumulate 30s 5s")

    def test_kill_anybody_while_rolling_windows_are_saved(self):
        self.kill_anybody(KILLS // 4, windows="rolling 5s")

    def test_kill_anybody_while_windows_of_rows_are_saved(self):
        self.kill_anybody(KILLS // 4, windows="sliding 5rows 2rows")

    def test_kill_anybody_while_windows_are_revised(self):
        self.kill_anybody(KILLS // 4, windows="sliding 20s 5s --grace 5s")

    def test_kill_anybody_while_keys_are_on_disk(self):
        self.kill_anybody(KILLS // 4, windows="rolling 5s --mem 1")

    def test_kill_anybody_while_tables_are_saved_in_slices(self):
        self.kill_anybody(KILLS // 4, windows="sgroup uid count sum id.orig_p --every 1m")


class KillsWhileChangesAreSaved(WithKills):
    """With so many keys that an epoch changes few of them."""

    def test_of_a_table(self):
        self.kill_anybody_with_changes("sgroup", windows="sgroup uid count sum id.orig_p --every 1h")

    def test_of_windows(self):
        self.kill_anybody_with_changes("swindow", windows="tumbling 1d count sum id.orig_p by uid")

    def test_of_sessions(self):
        self.kill_anybody_with_changes("swindow", windows="session 20m count by uid")

    def test_of_windows_of_rows(self):
        windows = "sliding 9rows 3rows count sum id.orig_p by uid"
        self.kill_anybody_with_changes("swindow", windows=windows)


class KillsWhileWhatIsPackedIsRead(WithKills):
    def stages(self, *args, **more):
        """Without those that would drop what is read twice."""
        stages = super().stages(*args, **more, windows="sgroup qtype_name count")
        return [stage for stage in stages if stage[0] != "sdedup"]

    def test_kill_anybody(self):
        log = self.folder / "log"
        log.write_bytes(gzip.compress(log.read_bytes()))
        self.kill_anybody(KILLS // 4)


class KillsWhileLinesAreHeld(WithKills):
    """The kinds of sdedup that hold lines, or tell of keys in a file beside the stream."""
    options = ()

    def stages(self, *args, **more):
        return [["sdedup", "uid", *self.options] if stage[0] == "sdedup" else stage
                for stage in super().stages(*args, **more)]

    def check_content(self, pipeline, expected):
        super().check_content(pipeline, expected)
        counts = self.folder / "undisturbed" / "counts"
        if counts.exists():
            self.assertEqual((pipeline.folder / "counts").read_bytes(), counts.read_bytes())

    def test_what_is_complete_keeps_its_side_files(self):
        self.options = ("--count-to", "counts", "--within", "1h")
        expected = self.undisturbed()
        pipeline = self.pipeline("complete")
        for _ in range(2):
            self.finish(pipeline, expected)
        self.assertGreater((pipeline.folder / "counts").stat().st_size, 0)

    def test_the_last_ones(self):
        self.options = ("--keep", "last", "--within", "3m")
        self.kill_anybody(KILLS // 4)

    def test_repeats_that_are_counted(self):
        self.options = ("--count-to", "counts", "--within", "3m")
        self.kill_anybody(KILLS // 4)

    def test_the_last_ones_of_stretches_with_counts(self):
        self.options = ("--keep", "last", "--within", "2m", "--refresh", "--count-to", "counts")
        self.kill_anybody(KILLS // 4)

    def test_the_last_ones_while_changes_are_saved(self):
        self.options = ("--keep", "last", "--within", "15m")
        self.kill_anybody_with_changes("sdedup")

    def test_repeats_that_are_counted_while_changes_are_saved(self):
        self.options = ("--count-to", "counts", "--within", "15m")
        self.kill_anybody_with_changes("sdedup")

    def test_stretches_that_are_counted_while_changes_are_saved(self):
        self.options = ("--count-to", "counts", "--within", "15m", "--refresh")
        self.kill_anybody_with_changes("sdedup")


class EndMark(ToolTest):
    def test_it_leaves_when_the_state_of_the_last_barrier_is_saved(self):
        """What is behind it waits for that state, also when this stage is killed now."""
        events = b"".join(b'{"ts":%d,"k":"a key of some length %d"}\n' % (n // 1000, n) for n in range(200_000))
        stream = (b'{"~stream":{"begin":{"time":"ts","epoch":0}}}\n' + events
                  + b'{"~stream":{"barrier":{"epoch":1,"via":["sread"]}}}\n{"~stream":{"end":true}}\n')
        (self.folder / "stream").write_bytes(stream)
        with open(self.folder / "stream", "rb") as source, subprocess.Popen(
                [str(BIN / "sdedup"), "k", "--checkpoint", "ck"], stdin=source, stdout=subprocess.PIPE,
                cwd=self.folder, env=clean_environment()) as stage:
            last = b""
            while b'"end"' not in last:
                chunk = stage.stdout.read1(1 << 20)
                self.assertTrue(chunk, "no end mark")
                last = last[-100:] + chunk
            self.assertTrue((self.folder / "ck" / "sdedup.1").exists())

    def test_it_does_not_leave_where_a_side_file_has_no_room(self):
        stream = b'{"~stream":{"begin":{"time":"ts","epoch":0}}}\n{"ts":1,"k":"a"}\n{"ts":1,"k":"a"}\n{"~stream":{"end":true}}\n'
        result = run([str(BIN / "sdedup"), "k", "--within", "1s", "--count-to", "/dev/full", "--checkpoint", "ck"],
                     stream, cwd=self.folder)
        self.assertEqual(result.returncode, 4)
        self.assertIn(b"/dev/full: No space left on device", result.stderr)
        self.assertNotIn(b'"end"', result.stdout)


class OtherFailures(ExactlyOnce):
    LINES = 8000
    DELAY = 0.01

    def test_sigterm_to_the_source(self):
        expected = self.undisturbed()
        pipeline = self.pipeline("term")
        for _ in range(3):
            self.run_for_a_while(pipeline)
            pipeline.kill(0, signal.SIGTERM)
            self.assert_expected(pipeline.wait(), pipeline)
        self.finish(pipeline, expected)

    def test_sigterm_to_all(self):
        expected = self.undisturbed()
        pipeline = self.pipeline("term-all")
        for _ in range(3):
            self.run_for_a_while(pipeline)
            pipeline.kill_all(signal.SIGTERM)
            self.assert_expected(pipeline.wait(), pipeline)
        self.finish(pipeline, expected)

    def test_a_full_disk_stops_it_and_nothing_is_lost(self):
        expected = self.undisturbed()
        stages = self.stages()
        # The last one saves in a child process, the others in a thread.
        for number in [len(stages) - 1] + [n for n, stage in enumerate(stages) if stage[0] in ("sdedup", "swindow")]:
            for limit in (0, 600, 3000):
                with self.subTest(stage=stages[number][0], limit=limit):
                    self.fill_disk(number, limit, expected)

    def fill_disk(self, number, limit, expected):
        pipeline = self.pipeline(f"full-{number}-{limit}")
        self.run_for_a_while(pipeline)
        pipeline.kill_all()
        pipeline.wait()
        statuses = pipeline.run(limit_of=number, limit=limit)
        self.assertIn(statuses[number], (0, 4), pipeline.messages())
        if limit == 0:
            self.assertEqual(statuses[number], 4)
        self.check_only_grows(pipeline, expected)
        self.finish(pipeline, expected)

    @unittest.skipUnless(shutil.which("cc"), "no C compiler")
    def test_a_loss_of_power_takes_what_was_not_synced(self):
        expected = self.undisturbed()
        pipeline = self.pipeline("power")
        power = Power(self.folder, pipeline)
        for _ in range(6):
            pipeline.start()
            time.sleep(self.random.uniform(0.2, 1.5))
            power.fail()
            self.check_only_grows(pipeline, expected)
        self.finish(pipeline, expected)


class Refusals(ExactlyOnce):
    LINES = 8000
    DELAY = 0.01

    def test_other_arguments_and_other_stages(self):
        expected = self.undisturbed()
        pipeline = self.pipeline("options")
        self.run_for_a_while(pipeline)
        pipeline.kill_all()
        pipeline.wait()
        stages = pipeline.stages
        pipeline.stages = self.stages(windows="tumbling 20s")
        self.assertIn(2, pipeline.run())
        self.assert_says(pipeline.messages(), "tumbling 10s", "tumbling 20s")
        pipeline.stages = [stage for stage in stages if stage[0] != "sfilter"]
        self.assertEqual(pipeline.run()[-1], 2)
        self.assert_says(pipeline.messages(), "the pipeline is not the one of epoch", "sfilter")
        pipeline.stages = stages
        self.finish(pipeline, expected)

    def test_a_missing_state_is_not_begun_anew(self):
        expected = self.undisturbed()
        pipeline = self.pipeline("missing")
        self.run_for_a_while(pipeline)
        pipeline.kill_all()
        pipeline.wait()
        [state] = pipeline.folder.glob(f"ck/swindow.{self.epoch(pipeline)}")
        saved = state.read_bytes()
        state.unlink()
        self.assertEqual(pipeline.run()[-2], 2)
        self.assert_says(pipeline.messages(), "COMMIT counts", "is missing")
        state.write_bytes(saved)
        self.finish(pipeline, expected)

    def test_an_output_that_others_have_written_to(self):
        expected = self.undisturbed()
        pipeline = self.pipeline("output")
        (pipeline.folder / "out").write_bytes(b"not ours\n")
        self.assertEqual(pipeline.run()[-1], 2)
        self.assert_says(pipeline.messages(), "out holds 9 bytes", "--append")
        (pipeline.folder / "out").unlink()
        self.run_for_a_while(pipeline)
        pipeline.kill_all()
        pipeline.wait()
        pipeline.run(limit_of=len(pipeline.stages) - 1)  # completes what was committed, no more
        with open(pipeline.folder / "out", "ab") as file:
            file.write(b"x" * (1 << 20))  # more than a committed append that was cut short may bring
        self.assertEqual(pipeline.run()[-1], 2)
        self.assert_says(pipeline.messages(), "somebody else has written to it", "--rollback")
        pipeline.stages[-1] = ["swrite", "--rollback", "out"]
        self.finish(pipeline, expected)

    def test_what_is_complete_stays_so(self):
        expected = self.undisturbed()
        pipeline = self.pipeline("complete")
        for _ in range(2):
            self.finish(pipeline, expected)
        self.assert_says(pipeline.messages(), "the stream is complete, there is nothing to do")
        stages = pipeline.stages
        for other in (self.stages(windows="tumbling 20s"), [["sread", "--name", "other", *stages[0][1:]], *stages[1:]]):
            pipeline.stages = other
            self.assertIn(2, pipeline.run())
            self.assert_says(pipeline.messages(), "the stream is complete", "no part of it", "a folder of its own")
        pipeline.stages = stages
        self.finish(pipeline, expected)

    def test_two_stages_of_one_name(self):
        pipeline = self.pipeline("names")
        twice = ["sfilter", "--around", "1s", "qtype_name=A"]
        pipeline.stages[2:3] = [twice, twice]
        self.assertIn(2, pipeline.run())
        self.assert_says(pipeline.messages(), "--name")
        pipeline.stages[2:4] = [twice, [*twice, "--name", "again"]]
        shutil.rmtree(pipeline.folder / "ck")
        self.assertEqual(set(pipeline.run()), {0}, pipeline.messages())

    def test_a_filter_that_drops_control_lines(self):
        pipeline = self.pipeline("drops", delay=0)
        pipeline.stages[1] = ["grep", "--line-buffered", "-v", "~stream"]
        self.assertIn(2, pipeline.run())
        self.assert_says(pipeline.messages(), "the stream carries no checkpoints")

    def test_standard_input_cannot_be_read_again(self):
        pipeline = self.pipeline("stdin")
        pipeline.stages[0] = ["sread"]
        self.assertEqual(pipeline.run()[0], 2)
        self.assert_says(pipeline.messages(), "cannot be read again")


if __name__ == "__main__":
    unittest.main()
