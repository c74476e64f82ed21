"""--state: what is open waits for the next run.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import unittest

from harness import BAD, BIN, Running, ToolTest, clean_environment, command, event, lines_of, run, shell
from pipeline import record_syncs

WINDOW = ["tumbling", "10s", "count"]


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def limit_file_size():
    """No file may grow; the signal that would kill is ignored, so that write fails as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


class StateTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.state = str(self.folder / "state" / "windows")

    def window(self, *options, stdin=b"", files=(), **more):
        return run([str(BIN / "swindow"), *WINDOW, "--control", "never", "--state", self.state, *options, *files],
                   stdin, **more)

    def saved(self):
        with open(self.state, "rb") as file:
            return file.read()


class EndOfInput(StateTest):
    def test_windows_stay_open_for_the_next_run(self):
        first = self.window(stdin=lines_of(event(0), event(5)))
        self.assertEqual((first.returncode, first.stdout), (0, b""))
        self.assert_says(first.stderr, "there is no state yet")
        second = self.window(stdin=lines_of(event(6), event(30)))
        self.assertEqual([row["count"] for row in rows(second)], [3])
        self.assertEqual(second.stderr, b"")
        last = self.window("--drain")
        self.assertEqual([row["count"] for row in rows(last)], [1])

    def test_pieces_give_what_the_whole_gives(self):
        lines = [event(second * 3 % 240, k=second % 3) for second in range(80)]
        options = ["by", "k", "--disorder", "1h"]
        whole = run([str(BIN / "swindow"), *WINDOW, *options], lines_of(*lines))
        out = b""
        for i in range(0, len(lines), 7):
            out += self.window(*options, stdin=lines_of(*lines[i:i + 7])).stdout
        out += self.window(*options, "--drain").stdout
        self.assertEqual(out, whole.stdout)

    def test_what_was_complete_begins_anew_and_says_so(self):
        self.window("--drain", stdin=lines_of(event(0)))
        again = self.window("--drain", stdin=lines_of(event(0)))
        self.assert_says(again.stderr, "was complete, this one begins anew")
        self.assertEqual([row["count"] for row in rows(again)], [1])

    def test_an_end_mark_completes(self):
        begin, end = '{"~stream":{"begin":{"time":"ts"}}}', '{"~stream":{"end":true}}'
        result = self.window(stdin=lines_of(begin, event(0), end))
        self.assertEqual([row["count"] for row in rows(result)], [1])
        self.assertIn(b'"complete":true', self.saved())

    def test_a_dead_writer_is_told_and_what_is_open_is_kept(self):
        begin = '{"~stream":{"begin":{"time":"ts"}}}'
        result = self.window(stdin=lines_of(begin, event(0)))
        self.assertEqual((result.returncode, result.stdout), (75, b""))
        self.assert_says(result.stderr, "its writer has died", "is kept in the state")
        self.assertEqual([row["count"] for row in rows(self.window("--drain"))], [1])

    def test_a_rest_is_handed_on_to_the_next_stage(self):
        path = f"{self.folder}/b"
        script = f"""set -o pipefail
            swindow tumbling 10s count --disorder 0 -w --state {self.folder}/a |
            swindow tumbling 1m sum count --state {path} --control never"""
        first = shell(script, input=lines_of(event(0), event(15)))
        self.assertEqual((first.returncode, first.stdout), (0, b""))
        second = shell(script, input=lines_of(event(25), event(75), event(95)))
        self.assertEqual((second.returncode, [row["sum_count"] for row in rows(second)]), (0, [3]))

    def test_a_running_count_is_told_at_the_end_of_each_run(self):
        counts = [run([str(BIN / "sfilter"), "-c", "-q", "--state", self.state], lines_of(event(0))).stdout
                  for _ in range(3)]
        self.assertEqual(counts, [b'{"count":1}\n', b'{"count":2}\n', b'{"count":3}\n'])

    def test_statistics_and_status_are_of_one_run(self):
        bad = self.window("--stats=json", stdin=lines_of(event(0), "no event"))
        self.assertEqual(bad.returncode, 1)
        good = self.window("--stats=json", "-q", stdin=lines_of(event(1)))
        self.assertEqual((good.returncode, json.loads(good.stderr)["in"]), (0, 1))


class Files(StateTest):
    def test_a_file_goes_on_where_it_stood(self):
        log = self.file("log", lines_of(event(0), event(1)))
        self.window(files=[log])
        with open(log, "ab") as file:
            file.write(lines_of(event(2), event(30))[:-5])
        second = self.window(files=[log])
        self.assert_says(second.stderr, f"{log}: goes on at byte", "behind line 2", "not complete yet")
        self.assertEqual(second.returncode, 0)
        with open(log, "ab") as file:
            file.write(lines_of(event(30))[-5:])
        third = self.window(files=[log])
        self.assertEqual([row["count"] for row in rows(third)], [3])

    def test_another_file_of_that_name_is_read_from_its_start(self):
        log = self.file("log", lines_of(event(0), event(1)))
        self.window(files=[log])
        self.file("log", lines_of(event(7), event(8), event(9)))  # the same inode, other bytes
        second = self.window("--drain", files=[log])
        self.assertNotIn(b"goes on", second.stderr)
        self.assert_says(second.stderr, f"{log}: was cut or written anew", "read from its start")
        self.assertEqual([row["count"] for row in rows(second)], [5])

    def test_a_file_that_was_cut_is_read_from_its_start(self):
        log = self.file("log", lines_of(event(0), event(1)))
        self.window(files=[log])
        os.truncate(log, len(lines_of(event(0))))
        second = self.window("--drain", files=[log])
        self.assert_says(second.stderr, f"{log}: was cut or written anew", "read from its start")
        self.assertEqual([row["count"] for row in rows(second)], [3])

    def test_a_rotated_file_is_known_by_another_name(self):
        log = self.file("log", lines_of(event(0)))
        self.window(files=[log])
        with open(log, "ab") as file:
            file.write(lines_of(event(1)))
        os.rename(log, log + ".1")
        self.file("log", lines_of(event(2)))
        second = self.window("--drain", files=[log + ".1", log])
        self.assertEqual([row["count"] for row in rows(second)], [3])

    def test_side_files_are_cut_to_what_the_state_knows(self):
        bad = str(self.folder / "bad")
        self.window("--bad-to", bad, stdin=lines_of("one", event(0)))
        with open(bad, "ab") as file:
            file.write(b"written by a run that was killed\n")
        self.window("--bad-to", bad, stdin=lines_of("two", event(1)))
        with open(bad, encoding="utf-8") as file:
            self.assertEqual([json.loads(line)["text"] for line in file], ["one", "two"])


    def test_a_side_file_that_was_taken_away_begins_anew(self):
        bad = self.folder / "bad"
        self.window("--bad-to", str(bad), stdin=BAD)
        was = bad.read_bytes()
        for take_away in (bad.unlink, lambda: os.truncate(bad, 0)):
            take_away()
            result = self.window("--bad-to", str(bad), stdin=BAD)
            self.assertEqual(result.returncode, 1)
            self.assert_says(result.stderr, "bad was taken away and begins anew")
            self.assertEqual(bad.read_bytes(), was)
        os.truncate(bad, 9)
        result = self.window("--bad-to", str(bad), stdin=BAD)
        self.assertEqual(result.returncode, 2)
        self.assert_says(result.stderr, "bad is 9 bytes long", f"that {len(was)} were written", "replaced or cut")
        self.assertEqual(bad.read_bytes(), was[:9])

    def test_a_file_that_is_written_goes_on(self):
        for options in ["--to", "csv"], []:
            with self.subTest(options=options):
                out = self.folder / f"out{len(options)}"
                words = [str(BIN / "swrite"), *options, str(out)]
                run([*words, "--state", f"{out}.state"], lines_of(event(0), event(5)))
                result = run([*words, "--state", f"{out}.state"], lines_of(event(9)))
                self.assertEqual(result.returncode, 0, result.stderr)
                in_one_run = run([*words[:-1], f"{out}.whole"], lines_of(event(0), event(5), event(9)))
                self.assertEqual(in_one_run.returncode, 0, in_one_run.stderr)
                self.assertEqual(out.read_bytes(), (self.folder / f"{out}.whole").read_bytes())

    @unittest.skipUnless(shutil.which("cc"), "no C compiler")
    def test_what_the_state_says_was_written_survives_a_loss_of_power(self):
        store, variables = record_syncs(self.folder)
        environment = clean_environment(**variables)
        lines = lines_of(*(event(n, k=n % 300) for n in range(900)))  # more files than are open at once
        for name, command_line in {
                "many": "swrite 'many/{k}/log.ndjson' --state many.state --bad-to many.bad",
                "one": "swrite one --state one.state --bad-to one.bad",
                "out": "sdedup k --state out.state --bad-to out.bad --control never > out"}.items():
            with self.subTest(name=name):
                folder = self.folder / f"power-{name}"
                folder.mkdir()
                result = subprocess.run(["bash", "-c", f"exec {BIN}/{command_line}"], input=lines + BAD, cwd=folder,
                                        env=environment, capture_output=True, check=False)
                self.assertEqual(result.returncode, 1, result.stderr)
                for path in folder.rglob("*"):
                    self.assert_survives(path, store)

    def assert_survives(self, path, store):
        """Its content had been synced, and the folder that lists it."""
        if path.is_file() and not path.name.endswith(".lock"):
            self.assertEqual((store / f"f{path.stat().st_ino}").read_bytes(), path.read_bytes(), path)
        listing = (store / f"d{path.parent.stat().st_ino}").read_text()
        self.assertIn(f"{path.stat().st_ino} {path.name}\n", listing)


class Signals(StateTest):
    def test_once_saves_and_dies_of_the_signal(self):
        for round_, what in enumerate((signal.SIGTERM, signal.SIGINT)):
            with Running([str(BIN / "swindow"), *WINDOW, "--state", self.state]) as running:
                running.put(lines_of(event(60 * round_), event(60 * round_ + 30)))
                for _ in range(1 + round_):
                    self.assertIn('"count":1', running.line())
                running.send(what)
                self.assertEqual(running.status(), -what)
                self.assertEqual(running.unread + running.process.stdout.read(), b"")
        self.assertEqual([row["count"] for row in rows(self.window("--drain"))], [1])

    def test_death_by_sigpipe_keeps_the_state_of_before(self):
        self.window(stdin=lines_of(event(0)))
        before = self.saved()
        with Running([str(BIN / "swindow"), *WINDOW, "--state", self.state]) as running:
            running.process.stdout.close()
            running.put(lines_of(event(1), event(50)))
            running.process.stdin.close()
            self.assertEqual(running.status(), -signal.SIGPIPE)
        self.assertEqual(self.saved(), before)


class Refusals(StateTest):
    def test_other_options(self):
        self.window(stdin=lines_of(event(0)))
        before = self.saved()
        result = run([str(BIN / "swindow"), "tumbling", "20s", "count", "--state", self.state])
        self.assertEqual(result.returncode, 2)
        self.assert_says(result.stderr, "`swindow tumbling 10s count`", "`swindow tumbling 20s count`")
        other = run([str(BIN / "sfilter"), "-c", "--state", self.state])
        self.assertEqual(other.returncode, 2)
        self.assert_says(other.stderr, "is the state of swindow, and this is sfilter")
        self.assertEqual(self.saved(), before)

    def test_options_that_do_not_shape_the_state_may_change(self):
        self.window(stdin=lines_of(event(0)))
        self.assertEqual(self.window("--disorder", "5s", "--stats", "-q").returncode, 0)

    def test_a_torn_file(self):
        self.window(stdin=lines_of(event(0)))
        whole = self.saved()
        for size in (0, 10, len(whole) // 2, len(whole) - 1):
            self.file("state/windows", whole[:size])
            result = self.window(stdin=lines_of(event(1)))
            self.assertEqual((result.returncode, result.stdout), (4, b""))
            self.assert_says(result.stderr, "writing it was interrupted")
            self.assertEqual(self.saved(), whole[:size])

    def test_a_damaged_file_and_those_of_other_versions(self):
        self.window(stdin=lines_of(event(0)))
        whole = self.saved()
        self.file("state/windows", whole.replace(b'"in":1', b'"in":2', 1))
        self.assert_says(self.window().stderr, "is damaged")
        self.file("state/windows", whole.replace(b'"snapshot":4', b'"snapshot":9', 1))
        self.assert_says(self.window().stderr, "newer version", "its format is 9, and this one reads 4")
        self.file("state/windows", whole.replace(b'"snapshot":4', b'"snapshot":3', 1))
        self.assert_says(self.window().stderr, "older version", "its format is 3, and this one reads 4")

    def test_two_processes(self):
        with Running([str(BIN / "swindow"), *WINDOW, "--state", self.state]) as running:
            running.line(of="stderr")
            result = self.window(stdin=lines_of(event(0)))
            self.assertEqual(result.returncode, 4)
            self.assert_says(result.stderr, f"process {running.process.pid} is at work with this state")
            running.process.stdin.close()
            self.assertEqual(running.status(), 0)
        self.assertEqual(self.window().returncode, 0)

    def test_a_full_disk_keeps_the_state_of_before(self):
        self.window(stdin=lines_of(event(0)))
        before = self.saved()
        result = self.window(stdin=lines_of(event(1)), preexec_fn=limit_file_size)
        self.assertEqual(result.returncode, 4)
        self.assert_says(result.stderr, "windows")
        self.assertEqual(self.saved(), before)


class EveryTool(ToolTest):
    def test_every_tool_goes_on(self):
        for tool in self.each_tool():
            state = str(self.folder / tool)
            for second in (0, 1):
                result = run(command(tool, "--state", state, "-q"), lines_of(event(second)))
                self.assertEqual((result.returncode, result.stderr), (0, b""))
            self.assertTrue(os.path.exists(state))


if __name__ == "__main__":
    unittest.main()
