"""What a tool does while its input is quiet: everything that can leave has left.

SPDX-License-Identifier: Apache-2.0
"""

import datetime
import json
import os
import subprocess
import time
import unittest

from harness import (BIN, GOOD, PATIENCE, Running, ToolTest, clean_environment, command, event, lines_of)


def now_event(**members):
    now = datetime.datetime.now(datetime.timezone.utc)
    return json.dumps({"ts": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), **members}, separators=(",", ":"))


def seconds_of(time_text):
    return datetime.datetime.fromisoformat(time_text.replace("Z", "+00:00")).timestamp()


class FlushBeforeWait(ToolTest):
    def test_the_first_output_of_three_stages_leaves_while_the_producer_sleeps(self):
        script = "sfilter n!=3 | sfilter n!=4 | swindow tumbling 1s count"
        environment = clean_environment(PATH=f"{BIN}:{os.environ['PATH']}")
        with Running(["bash", "-c", script]) as _:
            pass
        with subprocess.Popen(["bash", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              env=environment, bufsize=0) as pipeline:
            pipeline.stdin.write(GOOD)
            line = pipeline.stdout.readline()
            self.assertEqual(json.loads(line)["count"], 1)
            pipeline.stdin.close()
            pipeline.stdout.read()

    def test_each_line_leaves_at_once(self):
        with Running(command("sfilter")) as running:
            for n in range(20):
                running.put(lines_of(event(n)))
                self.assertEqual(running.line(), event(n))

    def test_half_a_line_does_not_hold_back_the_lines_before_it(self):
        with Running(command("sfilter")) as running:
            running.put(lines_of(event(1)) + b'{"half":')
            self.assertEqual(running.line(), event(1))

    def test_bad_records_are_written_before_the_wait(self):
        bad = str(self.folder / "bad")
        for tool in self.each_tool():
            with Running(command(tool, "--bad-to", bad)) as running:
                running.put(lines_of("no event") + GOOD)
                self.assertIsNotNone(running.line())
                with open(bad, encoding="utf-8") as file:
                    self.assertEqual(json.loads(file.readline())["text"], "no event")


class QuietStream(ToolTest):
    def test_a_window_closes_when_the_stream_falls_quiet(self):
        with Running(command("swindow")) as running:
            running.put(lines_of(now_event()))
            row = json.loads(running.line())
            late = time.time() - seconds_of(row["window_end"])
            self.assertEqual(row["count"], 1)
            self.assertLess(late, 2.5 + 2)  # disorder, idle and a step; the rest for a slow machine
            self.assertTrue(running.is_running())

    def test_not_with_idle_off(self):
        with Running(command("swindow", "--idle", "off")) as running:
            running.put(lines_of(now_event()))
            self.assertIsNone(running.line(patience=4))

    def test_a_replay_of_old_data_is_never_moved_by_a_clock(self):
        with Running(command("swindow", "--idle", "100ms")) as running:
            running.put(lines_of('{"ts":"2020-01-01T00:00:00Z"}'))
            self.assertIsNone(running.line(patience=3))

    def test_a_broken_clock_does_not_close_the_windows(self):
        with Running(command("swindow", "--idle", "off")) as running:
            running.put(lines_of(now_event(), '{"ts":"2099-01-01T00:00:00Z"}'))
            self.assertIsNone(running.line(patience=2))
            running.process.stdin.close()
            self.assertEqual([json.loads(running.line())["count"] for _ in range(2)], [1, 1])
            self.assert_says(running.messages(), "--max-ahead")


class Follow(ToolTest):
    def test_windows_of_a_log_that_is_being_written(self):
        """tail -F app.log | sfilter … | swindow …: windows appear soon after their end."""
        log = self.file("app.log")
        script = (f"exec tail -n +1 -F '{log}' 2>/dev/null | sfilter type=purchase | "
                  "swindow tumbling 1s count avg amount")
        environment = clean_environment(PATH=f"{BIN}:{os.environ['PATH']}")
        with subprocess.Popen(["bash", "-c", script], stdout=subprocess.PIPE, env=environment, bufsize=0,
                              start_new_session=True) as pipeline:
            try:
                self.write_log(log, seconds=3)
                rows = self.read_rows(pipeline.stdout, 60)
            finally:
                os.killpg(pipeline.pid, 15)
        self.assertEqual(sum(row["count"] for row, _ in rows), 60)
        for row, came in rows:
            self.assertLess(came - seconds_of(row["window_end"]), 3.5, row)

    def write_log(self, log, seconds):
        with open(log, "a", buffering=1, encoding="utf-8") as file:
            for _ in range(20 * seconds):
                file.write(now_event(type="purchase", amount=2) + "\n")
                file.write(now_event(type="view") + "\n")
                time.sleep(0.05)

    def read_rows(self, pipe, events):
        """Rows until all events are in them, each with the moment at which it could be read."""
        rows, seen, deadline = [], 0, time.time() + PATIENCE
        while seen < events and time.time() < deadline:
            row = json.loads(pipe.readline())
            rows.append((row, time.time()))
            seen += row["count"]
        return rows


if __name__ == "__main__":
    unittest.main()
