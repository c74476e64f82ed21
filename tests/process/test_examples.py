"""The examples do what their first lines say, on a real log.

SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import gzip
import os
import pathlib
import random
import signal
import subprocess
import time
import unittest

from harness import BIN, ToolTest, clean_environment, shell

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
DATA = pathlib.Path(os.environ.get("STREAMUTILS_DATA", "")) / "apache-access.log.gz"
ENVIRONMENT = clean_environment(PATH=f"{BIN}:{os.environ['PATH']}", STREAMUTILS_LOOP_DELAY="0.05")


def access_log():
    """A real access log; where the data is not at hand, one that is made up."""
    if DATA.exists():
        return gzip.decompress(DATA.read_bytes())
    line = '10.0.0.{} - - [17/May/2015:10:{:02}:{:02} +0000] "GET / HTTP/1.1" {} 5 "-" "-"\n'
    return "".join(line.format(n % 9, n // 60 % 60, n % 60, 404 if n % 7 == 0 else 200)
                   for n in range(3600)).encode()


class Nightly(ToolTest):
    def nightly(self, *words):
        done = subprocess.run([EXAMPLES / "nightly", *words], cwd=self.folder, env=ENVIRONMENT,
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_sessions_go_on_from_night_to_night(self):
        lines = (EXAMPLES / "shop.ndjson").read_bytes().splitlines(keepends=True)
        (self.folder / "state").mkdir()
        nights = b""
        for night in range(3):
            part = gzip.compress(b"".join(lines[night * 100:night * 100 + 100]))
            (self.folder / "app.log.1.gz").write_bytes(part)
            nights += self.nightly("state", "app.log.1.gz")
        nights += self.nightly("--drain", "state")
        whole = shell(f"sfilter type=purchase {EXAMPLES}/shop.ndjson | swindow session 30m count by user")
        self.assertEqual(nights, whole.stdout)
        self.assertGreater(nights.count(b"\n"), 10)


class Live(ToolTest):
    def setUp(self):
        super().setUp()
        months = b"Jan Feb Mar Apr May".split()
        spring = [access_log().replace(b"/May/", b"/" + month + b"/") for month in months]
        (self.folder / "access.log").write_bytes(b"".join(spring))
        made = shell("sread --format combined access.log > app.log", cwd=self.folder)
        self.assertIn(made.returncode, (0, 1), made.stderr)

    def start(self, out):
        loop = [EXAMPLES / "streamutils-loop", EXAMPLES / "live-pipeline", "app.log", out, f"{out}.ck"]
        return subprocess.Popen(loop, cwd=self.folder, env=ENVIRONMENT, stderr=subprocess.PIPE,
                                start_new_session=True)

    def content(self, out):
        return (self.folder / out).read_bytes()

    def stages(self, group):
        """The stages of the pipeline: the processes of that group that run one of our tools."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                pid, rest = (process / "stat").read_text().split(" (", 1)
                name, fields = rest.rsplit(") ", 1)
                if int(fields.split()[2]) == group and (BIN / name).exists():
                    found.append(int(pid))
        return found

    def test_a_loop_around_a_pipeline_that_is_killed(self):
        with self.start("calm") as loop:
            errors = loop.stderr.read()
            self.assertEqual(loop.wait(60), 0, errors)
        expected = self.content("calm")
        self.assertGreater(expected.count(b"\n"), 100)
        choice = random.Random(1)
        with self.start("stormy") as loop:
            kills = 0
            while kills < 5 and loop.poll() is None:
                stages = self.stages(loop.pid)
                if len(stages) >= 4:
                    time.sleep(choice.uniform(0, 0.03))
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(choice.choice(stages), signal.SIGKILL)
                        kills += 1
            errors = loop.stderr.read()
            self.assertEqual(loop.wait(60), 0, errors)
        self.assert_says(errors, "once more")
        self.assertEqual(self.content("stormy"), expected)

    def test_a_mistake_ends_the_loop(self):
        (self.folder / "app.log").unlink()
        with self.start("out") as loop:
            self.assertEqual(loop.wait(60), 4)


class Service(ToolTest):
    def test_the_unit_names_what_is_there(self):
        text = (EXAMPLES / "streamutils-live.service").read_text()
        command = next(line for line in text.splitlines() if line.startswith("ExecStart="))
        self.assertTrue((EXAMPLES / pathlib.Path(command.split()[0]).name).exists())
        self.assert_says(text, "RestartForceExitStatus=75", "RestartPreventExitStatus=2 4")


if __name__ == "__main__":
    unittest.main()
