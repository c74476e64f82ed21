"""Pipelines that nobody has thought of: sources, stages, options and sinks by chance, disturbed by chance.

Whatever the pipeline is, its result and what stands beside it are those of a run without failures and without
checkpoints, byte for byte.  STREAMUTILS_KILLS / 2 of them are killed (10; the long form is 100), and fewer lose what
was not synced.  The first one is that of STREAMUTILS_SEED; one that fails is shown with its number.
SPDX-License-Identifier: Apache-2.0
"""

import gzip
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import time
import unittest

from harness import BIN, ToolTest, clean_environment
from pipeline import BRANCH, Pipeline, Power, slow_stage
from test_exactly_once import EXPECTED, KILLS, SEED

PATH = f"{BIN}:{os.environ['PATH']}"
SIDE_FILES = ("late", "count")  # that are written --late-to and --count-to


def events(seed, count):
    """Out of order by up to 2 s, some twice, some damaged, some without a price."""
    chance = random.Random(seed)
    lines = []
    for n in range(count):
        time_of = 1700000000000 + n * 2 - chance.randrange(2000)
        price = chance.choice(["%d.%02d" % (chance.randrange(90), chance.randrange(100)), "0.12345678901234567890123"])
        line = b'{"ts":"%s.%03dZ","id":"e%07d","user":"u%02d","region":"%s","type":"%s",%s"qty":%d,"text":"%s"}\n' % (
            time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_of // 1000)).encode(), time_of % 1000, n,
            chance.randrange(60), chance.choice([b"eu", b"us", b"asia"]), chance.choice([b"view", b"click", b"buy"]),
            b'"price":%s,' % price.encode() if chance.random() < 0.9 else b"", chance.randrange(9),
            b"some more text " * chance.randrange(12))
        lines.append(line)
        if chance.random() < 0.1:
            lines.append(lines[-1 - chance.randrange(min(len(lines), 60))])
        if chance.random() < 0.001:
            lines.append(b'{"ts": damaged\n')
    return b"".join(lines)


class Chance:
    """Makes the words of one pipeline."""

    AGGREGATES = ("count", "sum price", "avg price", "min price", "max qty", "p50 price", "distinct user", "first id",
                  "last region", "list qty", "top 3 region", "ewma 5s price", "stddev price", "sum 'price*qty'", "rate")
    WINDOWS = ("tumbling 1s", "tumbling 3s", "tumbling 250ms", "sliding 4s 1s", "sliding 4s 500ms", "sliding 1s 3s",
               "session 300ms", "session 500ms max 3s", "cumulate 6s 2s", "rolling 2s", "rolling 5s",
               "tumbling 20rows", "sliding 20rows 5rows")
    KEYS = ("", "by user", "by region", "by user,region", "by type")
    REPEATS = ("id", "id --within 3s", "id --within 2s --refresh", "id --keep last --within 2s", "id --max-keys 500",
               "id --approx 1%", "user,type --within 1s", "user --within 1s --count-to FILE",
               "user --within 2s --keep last --count-to FILE", "type,qty,user --within 4s --refresh --count-to FILE")
    JOINS = ("on user within 200ms", "on id within 1s", "on user,region within -500ms..500ms")
    ON_RIGHT = ("", "", "sdedup id --name right1", "sfilter 'qty>2' --around 100ms --name right1", "sfilter -m 300",
                "sdedup id --keep last --within 1s --name right1 | smap z=1",
                "swindow rolling 1s count by user --idle off --name right1", "sgroup user max ts as ts --name right1")
    SINKS = ("out", "out", "out/{region}.ndjson", "out/{region}-{ts:%H%M%S}.ndjson", "out/{user}.ndjson --rotate 4s",
             "out --to csv", "out/{type}.csv --to csv --columns ts,id,price", "out/all.ndjson --rotate 200k")

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.stages = []
        self.right = ""
        while not self.stages:
            self.make_stages()
        self.source = self.one("log", "log", "log more", "packed")
        is_stream = not any(stage.startswith(("swindow", "sgroup")) for stage in self.stages)
        self.sink = self.one(*self.SINKS) if is_stream else "out"

    def one(self, *all_of_them):
        return self.chance.choice(all_of_them)

    def make_stages(self):
        stages = [self.stage() for _ in range(self.one(1, 1, 1, 2, 2, 3))]
        makes_rows = [stage.startswith(("swindow", "sgroup")) for stage in stages]
        # Rows are for the sink alone, and there is one second stream.
        if any(makes_rows[:-1]) or sum(BRANCH in stage for stage in stages) > 1:
            return
        if any(BRANCH in stage for stage in stages):
            self.right = self.one(*self.ON_RIGHT)
        self.stages = [self.named(stage, number) for number, stage in enumerate(stages)]

    def named(self, stage, number):
        """Some run as copies, each with its files."""
        is_copied = BRANCH not in stage and self.chance.random() < 0.2
        for option in SIDE_FILES:
            stage = re.sub(rf"(--{option}-to) \w+", rf"\1 {option}.{number}{'.{copy}' if is_copied else ''}", stage)
        stage = f"{stage} --name stage{number}"
        if is_copied:
            stage = stage.replace(" --idle off", "")  # sgroup has the times
        return f"sgroup user --jobs {self.one(2, 3)} --idle off --name copies{number} -- {stage}" if is_copied else stage

    def stage(self):
        return self.one(self.repeats, self.window, self.window, self.window, self.groups, self.join, self.join,
                        lambda: self.one("sfilter type=buy --around 200ms", "sfilter type=buy --around 1s --by user",
                                         "sfilter 'qty>2'", f"sfilter 'qty>1' -m {self.chance.randrange(500, 6000)}"),
                        lambda: "smap x=qty*2 -d text")()

    def aggregates(self):
        return " ".join(self.chance.sample(self.AGGREGATES, self.one(1, 2, 3, 4)))

    def repeats(self):
        return f"sdedup {self.one(*self.REPEATS)}"

    def window(self):
        window, keys = self.one(*self.WINDOWS), self.one(*self.KEYS)
        more = []
        if window.startswith(("tumbling", "sliding")) and "rows" not in window:
            more += [self.one("", "", "--grace 5s"), self.one("", "", "--fill") if keys else ""]
        if window.startswith("tumbling") and "rows" not in window:
            more.append(self.one("", "", "--every 1s"))
        more.append(self.one("", "--late-to FILE"))
        return f"swindow {window} {self.aggregates()} {keys} {' '.join(more)} --idle off"

    def groups(self):
        return self.one(f"sgroup user {self.aggregates()}", f"sgroup region,type {self.aggregates()} --every 1s",
                        f"sgroup region {self.aggregates()} --changes", "sgroup region --top 5 qty")

    def join(self):
        kind = self.one("inner", "left", "right", "full", "semi", "anti")
        return self.one(f"sjoin {self.one(*self.JOINS)} --type {kind} - {BRANCH}",
                        f"sjoin on user asof {self.one('', 'within 2s')} --type {self.one('inner', 'left')} {BRANCH}")

    def may_be_cut(self, file):
        """Whether it stands beside a stage that is stopped by one behind it, somewhere behind what that one takes."""
        kind, _, rest = file.partition(".")
        return kind in SIDE_FILES and any(" -m " in stage for stage in self.stages[int(rest[0]) + 1:])

    def on_right(self):
        return self.right.split(" | ") if self.right else []

    def __str__(self):
        right = " | ".join(["sread -w right", *self.on_right()])
        return " | ".join([f"sread -w --disorder 2s {self.source}", *self.stages, f"swrite '{self.sink.split()[0]}' " +
                           " ".join(self.sink.split()[1:])]).replace(BRANCH, f"<({right})")


class AnyPipeline(ToolTest):
    def content(self, name):
        """Of all files that the pipeline has written."""
        folder = self.folder / name
        files = [path for path in folder.rglob("*") if path.is_file()]
        written = {str(path.relative_to(folder)): path.read_bytes() for path in files}
        return {path: data for path, data in written.items() if path.startswith(("out", *SIDE_FILES))}

    def make_inputs(self, seed, names):
        count = random.Random(seed).choice([4000, 8000, 12000])
        is_short = random.Random(seed).random() < 0.2
        inputs = {"log": events(seed, count), "more": events(seed + 1, count // 2),
                  "right": events(seed + 2, count // 10 if is_short else count)}
        inputs["packed"] = gzip.compress(inputs["log"])
        for name in names:
            (self.folder / name).mkdir()
            for file, data in inputs.items():
                (self.folder / name / file).write_bytes(data)

    def undisturbed(self, made):
        result = subprocess.run(["bash", "-c", f"set -o pipefail; {made}"], cwd=self.folder / "plain", capture_output=True,
                                check=False, env=clean_environment(PATH=PATH), timeout=120)
        self.assertIn(result.returncode, (0, 1, 128 + signal.SIGPIPE), result.stderr)
        return self.content("plain")

    def pipeline(self, made, chance):
        delay = chance.choice([0.005, 0.01])
        stages = [["sread", *made.source.split(), "--disorder", "2s", "--checkpoint-every",
                   chance.choice(["5ms", "20ms", "60ms"])],
                  slow_stage(delay), *map(shlex.split, made.stages), ["swrite", *made.sink.split()]]
        branch = [["sread", "right", "--name", "right", "--follow-epochs=sread"], slow_stage(delay * 0.8),
                  *map(shlex.split, made.on_right())]
        has_branch = any(BRANCH in stage for stage in made.stages)
        return Pipeline(self.folder / "killed", stages, {"PATH": PATH}, branch if has_branch else ())

    @staticmethod
    def run_for_a_while(pipeline, chance):
        pipeline.start()
        until = time.monotonic() + chance.uniform(0.02, 0.3)
        while time.monotonic() < until and pipeline.is_running():
            time.sleep(0.005)

    def finish(self, pipeline):
        for _ in range(20):
            statuses = set(pipeline.run())
            self.assertLessEqual(statuses, EXPECTED | {1}, pipeline.messages())
            if statuses <= {0, 1}:
                return
        self.fail(f"it comes to no end: {pipeline.messages()}")

    def killed(self, made, chance):
        """Runs it until it is complete; how often somebody was killed."""
        pipeline = self.pipeline(made, chance)
        for kills in range(20):
            self.run_for_a_while(pipeline, chance)
            if not pipeline.is_running():
                break
            self.kill_somebody(pipeline, chance)
            self.assertLessEqual(set(pipeline.wait()), EXPECTED | {1}, pipeline.messages())
        self.finish(pipeline)
        return kills

    def without_power(self, made, chance):
        """The same, where all fails, and what was not synced is lost; how often it did."""
        pipeline = self.pipeline(made, chance)
        power = Power(self.folder, pipeline)
        for losses in range(8):
            self.run_for_a_while(pipeline, chance)
            if not pipeline.is_running():
                break
            power.fail()
        self.finish(pipeline)
        return losses

    @staticmethod
    def kill_somebody(pipeline, chance):
        if chance.random() < 0.2:
            pipeline.kill_all()
        else:
            what = chance.choice([signal.SIGKILL] * 4 + [signal.SIGTERM])
            pipeline.kill(chance.randrange(len(pipeline.processes)), what)

    def check(self, count, disturbed):
        """disturbed(made, chance): runs it until it is complete; how often it was disturbed."""
        times = 0
        for seed in range(SEED, SEED + max(count, 1)):
            made = Chance(seed)
            with self.subTest(f"STREAMUTILS_SEED={seed}: {made}"):
                self.make_inputs(seed, ("plain", "killed"))
                expected = self.undisturbed(made)
                times += disturbed(made, random.Random(seed))
                content = self.content("killed")
                self.assertEqual(content.keys(), expected.keys())
                for name, data in content.items():
                    is_same = data == expected[name]
                    if made.may_be_cut(name):
                        is_same = data.startswith(expected[name]) or expected[name].startswith(data)
                    self.assertTrue(is_same, f"{name} differs")
            for folder in ("plain", "killed", "synced"):
                shutil.rmtree(self.folder / folder, ignore_errors=True)
        print(f"{times} times, seed {SEED}")

    def test_any_pipeline_is_killed(self):
        self.check(KILLS // 2, self.killed)

    @unittest.skipUnless(shutil.which("cc"), "no C compiler")
    def test_any_pipeline_loses_power(self):
        self.check(KILLS // 5, self.without_power)


if __name__ == "__main__":
    unittest.main()
