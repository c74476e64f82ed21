"""sjoin between processes: pipes of all sorts, and diamonds that must not block.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import unittest
from random import Random

from harness import BIN, PATIENCE, Running, ToolTest, clean_environment, event, lines_of, shell


class Join(ToolTest):
    def events(self, count, text=""):
        return lines_of(*(event(n // 100 % 3600, n=n, text=text) for n in range(count)))

    def pipes(self, *names):
        for name in names:
            os.mkfifo(self.folder / name)

    def in_folder(self, script, patience=PATIENCE * 3):
        path = f"{BIN}:{os.environ['PATH']}"
        return subprocess.run(["bash", "-c", script], cwd=self.folder, capture_output=True, timeout=patience,
                              env=clean_environment(PATH=path))

    def test_named_pipes_and_substitutions_give_the_same(self):
        self.file("l", self.events(3000))
        self.file("r", self.events(2000))
        expected = self.in_folder("sjoin on n within 1s --type full l r")
        self.assertEqual((expected.returncode, expected.stderr), (0, b""))
        self.pipes("a", "b")
        for script in ["cat l > a & cat r > b & sjoin on n within 1s --type full a b",
                       "sjoin on n within 1s --type full <(cat l) <(cat r)",
                       "cat l | sjoin on n within 1s --type full r",
                       "cat r | sjoin on n within 1s --type full l -"]:
            with self.subTest(script):
                result = self.in_folder(script)
                self.assertEqual((result.returncode, result.stderr), (0, b""))
                self.assertEqual(result.stdout, expected.stdout)

    def test_many_keys_in_pieces_of_any_size(self):
        """Enough keys that lines are foreseen, in blocks that end anywhere."""
        random = Random(5)
        sides = [[(n // 20, f"k{random.randrange(3000)}", n) for n in range(6000)] for _ in "lr"]
        for name, side in zip("lr", sides):
            self.file(name, lines_of(*(event(time, k=key, n=n) for time, key, n in side)))
        of_key = collections.defaultdict(list)
        for time, key, n in sides[1]:
            of_key[key].append((time, n))
        expected = sorted((n, m) for time, key, n in sides[0] for t, m in of_key[key] if abs(t - time) <= 20)
        self.assertGreater(len(expected), 1000)
        self.pipes("a", "b")
        in_pieces = "for n in 7 4096 1 200 65536; do dd bs=$n count=40 status=none; done; cat"
        for script in ["sjoin on k within 20s l r",
                       f"(({in_pieces}) < l > a) & (({in_pieces}) < r > b) & sjoin on k within 20s a b"]:
            with self.subTest(script):
                result = self.in_folder(script)
                self.assertEqual((result.returncode, result.stderr), (0, b""))
                rows = [json.loads(row) for row in result.stdout.splitlines()]
                self.assertEqual(sorted((row["n"], row["right"]["n"]) for row in rows), expected)

    def test_a_pair_leaves_at_once(self):
        self.pipes("right")
        with Running([str(BIN / "sjoin"), "on", "k", "within", "5s", str(self.folder / "right")]) as join:
            with open(self.folder / "right", "wb", buffering=0) as right:
                join.put(lines_of(event(0, k=1), event(3, k=2)))
                right.write(lines_of(event(1, k=1)))
                self.assertIn('"right":', join.line())
                right.write(lines_of(event(4, k=2)))
                join.put(lines_of(event(5, k=9)))
                self.assertIn('"k":2', join.line())

    def test_a_diamond_whose_one_branch_drops_all(self):
        """tee cannot write to one branch because nobody reads the other: what is ahead is spilled."""
        self.file("in", self.events(120000, "x" * 250))
        self.pipes("a", "b")
        diamond = "cat in | tee a | sfilter n=-1 > b & sjoin on n within 1s --type left a b"
        result = self.in_folder(diamond + " | sha256sum; wait")
        direct = self.in_folder("sjoin on n within 1s --type left in /dev/null | sha256sum")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual(result.stdout, direct.stdout)

    def test_a_diamond_with_watermarks(self):
        self.file("in", self.events(60000, "x" * 100))
        self.pipes("a", "b")
        result = self.in_folder("sfilter -w < in | tee a | sfilter 'n!=7' 'n<100' > b & "
                                "sjoin on n within 0 a b | sfilter -c --control never; wait")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual(result.stdout, b'{"count":99}\n')

    def test_a_spill_that_is_full_says_so(self):
        self.file("in", self.events(60000, "x" * 100))
        self.pipes("a", "b")
        result = self.in_folder("cat in | tee a | sfilter n=-1 > b & "
                                "timeout 3 sjoin on n within 1s --max-spill 1k a b; kill %1; wait")
        self.assert_says(result.stderr, "a is further ahead than --max-spill holds: it waits for b")

    def run_ahead(self, size, **environment):
        """LEFT comes all at once, while nothing is known of RIGHT; then RIGHT ends."""
        self.pipes("a", "b")
        text = lines_of(*(event(n // 1000 % 3600, n=n, text="x" * 1000) for n in range(size >> 10)))
        argv = [str(BIN / "sjoin"), "on", "n", "within", "1s", "--type", "anti", "--disorder", "0", "--idle", "off",
                "a", "b"]
        join = subprocess.Popen(argv, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=clean_environment(**environment))
        memory = 0
        with open(self.folder / "a", "wb", buffering=0) as left, open(self.folder / "b", "wb"):
            try:
                left.write(text)
                process = (pathlib.Path("/proc") / str(join.pid) / "status").read_text(encoding="ascii")
                peak = re.search(r"VmHWM:\s+(\d+) kB", process)  # none once it has ended
                memory = int(peak.group(1)) << 10 if peak else 0
            except BrokenPipeError:
                pass
        output, messages = join.communicate(timeout=PATIENCE * 3)
        return text, output, messages, join.returncode, memory

    def test_what_is_far_ahead_goes_to_a_file_without_a_name(self):
        spills = self.folder / "spills"
        spills.mkdir()
        text, output, messages, status, memory = self.run_ahead(60 << 20, TMPDIR=str(spills))
        self.assertEqual((status, messages, output == text), (0, b"", True))
        self.assertEqual(list(spills.iterdir()), [])
        if not os.environ.get("STREAMUTILS_SANITIZED"):
            self.assertLess(memory, 48 << 20)

    def test_a_spill_that_cannot_be_written(self):
        _, output, messages, status, _ = self.run_ahead(40 << 20, TMPDIR=str(self.folder / "no such folder"))
        self.assertEqual((status, output), (4, b""))
        self.assert_says(messages, "sjoin: a: cannot be kept while it is ahead: No such file or directory")

    def test_a_full_disk_ends_a_join_of_one_key(self):
        """Each event of a block has 20,000 matches: what cannot be written is not made either."""
        events = b'{"ts":1700000000,"k":1}\n' * 20_000
        for name in ("left", "right"):
            self.file(name, events)
        with open("/dev/full", "wb") as full:
            argv = [str(BIN / "sjoin"), "on", "k", "within", "1s", "--stats=json", "left", "right"]
            result = subprocess.run(argv, cwd=self.folder, stdout=full, stderr=subprocess.PIPE, check=False,
                                    env=clean_environment(), timeout=PATIENCE * 3)
        self.assertEqual(result.returncode, 4)
        self.assert_says(result.stderr, "sjoin: standard output: No space left on device")
        rows = int(re.search(rb'"out":(\d+)', result.stderr).group(1))
        self.assertLess(rows, 100_000)

    def test_one_side_that_dies(self):
        self.file("l", lines_of('{"~stream":{"begin":{"time":"ts"}}}', event(0, n=1)))
        self.file("r", lines_of(event(0, n=2)))
        result = shell(f"cd {self.folder}; sjoin on n within 1s --type full l r")
        self.assertEqual((result.returncode, result.stdout.count(b"right")), (75, 0))


    def pieces(self, join, pieces, left, right):
        """The rows of `join` over the pieces of two streams, one run with the same state for each pair."""
        rows = []
        for left_piece, right_piece in [*pieces, ([], [])]:
            self.file("l", lines_of(*left_piece))
            self.file("r", lines_of(*right_piece))
            drain = "" if left_piece or right_piece else "--drain"
            result = self.in_folder(f"{join} -q --state s {drain} {left} {right}")
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            rows += result.stdout.splitlines()
            for name in "lr":
                (self.folder / name).unlink()
        (self.folder / "s").unlink()
        return rows

    def test_pieces_give_what_the_whole_gives(self):
        """A side that ends before the other one goes on in the next run: what it may meet is held until then."""
        left = [event(n * 7 % 5 + n, k=n % 3, l=n) for n in range(120)]
        right = [event(n * 5 % 4 + n * 2, k=n % 4, r=n) for n in range(60)]
        pieces = [(left[:10], right[:30]), (left[10:90], []), (left[90:], right[30:50]), ([], right[50:])]
        for join in ["sjoin on k within -4s..9s --type full --disorder 6s",
                     "sjoin on k asof --type left --disorder 6s"]:
            self.file("l", lines_of(*left))
            self.file("r", lines_of(*right))
            whole = self.in_folder(f"{join} -q l r").stdout.splitlines()
            for sides in [("l", "r"), ("<(cat l)", "<(cat r)"), ("l", "<(cat r)")]:
                with self.subTest(join=join, sides=sides):
                    self.assertEqual(sorted(self.pieces(join, pieces, *sides)), sorted(whole))

    def test_a_stage_behind_a_suspended_one_waits_for_its_next_run(self):
        self.file("l", lines_of(event(0, k=1)))
        self.file("r", lines_of(event(90, k=2)))
        script = ("sdedup k --within 1s --state d -q -w {} | "
                  "sjoin on k within 1m --type left --state j -q --control never - r")
        first = self.in_folder(script.format("l"))
        self.assertEqual((first.returncode, first.stdout, first.stderr), (0, b"", b""))
        self.file("l", lines_of(event(100, k=2)))
        second = self.in_folder(script.format("l"))
        self.assertEqual([json.loads(row)["k"] for row in second.stdout.splitlines()], [2, 1])


class FollowedTable(ToolTest):
    """sjoin table --follow: an event sees every row that was written before it."""

    def setUp(self):
        super().setUp()
        self.table = self.folder / "users"
        self.numbers = iter(range(1, 1000000))

    def row(self, key, version, path=None):
        with open(path or self.table, "ab", buffering=0) as file:
            file.write(lines_of(f'{{"k":{key},"v":{version}}}'))

    def join(self, *options, table=None):
        return Running([str(BIN / "sjoin"), "on", "k", "table", str(table or self.table), "--follow",
                        "--type", "left", *options])

    def seen(self, join, key):
        """The version that an event of this key sees."""
        n = next(self.numbers)
        join.put(lines_of(f'{{"k":{key},"n":{n}}}'))
        line = json.loads(join.line() or "{}")
        self.assertEqual((line.get("k"), line.get("n")), (key, n))
        return line["right"]["v"] if "right" in line else None

    def test_each_row_is_seen_by_the_next_event(self):
        self.row(1, 0)
        with self.join() as join:
            self.assertEqual(self.seen(join, 1), 0)
            for version in range(1, 300):
                self.row(1, version)
                self.row(2, version)
                self.assertEqual([self.seen(join, 1), self.seen(join, 2)], [version, version])

    def test_a_large_table_is_loaded_before_the_first_event(self):
        self.file("users", lines_of(*(f'{{"k":{n},"v":{n}}}' for n in range(200000))))
        with self.join() as join:
            self.assertEqual(self.seen(join, 199999), 199999)

    def test_half_a_row_is_not_seen(self):
        self.row(1, 1)
        with self.join() as join:
            with open(self.table, "ab", buffering=0) as file:
                file.write(b'{"k":1,"v":')
                self.assertEqual(self.seen(join, 1), 1)
                file.write(b"2}\n")
            self.assertEqual(self.seen(join, 1), 2)

    def test_rotated_and_truncated(self):
        self.row(1, 1)
        self.row(2, 1)
        with self.join() as join:
            self.assertEqual(self.seen(join, 1), 1)
            other = self.folder / "users.new"
            for version in range(2, 20):
                self.row(1, version, other)
                other.rename(self.table)
                self.assertEqual([self.seen(join, 1), self.seen(join, 2)], [version, 1])
            os.truncate(self.table, 0)
            self.assertEqual(self.seen(join, 1), 19)
            self.row(2, 20)
            self.assertEqual([self.seen(join, 1), self.seen(join, 2)], [19, 20])

    def test_a_file_that_is_made_later_is_waited_for(self):
        with self.join() as join:
            join.put(lines_of('{"k":1,"n":0}'))
            self.assertIsNone(join.line(0.3))
            # With its row: a table that is there and empty has been read.
            self.row(1, 5, path=self.folder / "new")
            (self.folder / "new").rename(self.table)
            self.assertIn('"v":5', join.line())
            self.assertEqual(self.seen(join, 1), 5)

    def test_a_pipe(self):
        path = self.folder / "pipe"
        os.mkfifo(path)
        with self.join("--idle", "200ms", table=path) as join:
            with open(path, "wb", buffering=0) as table:
                join.put(lines_of('{"k":1,"n":0}'))
                self.assertIsNone(join.line(0.5), "no row has come yet")
                table.write(lines_of('{"k":1,"v":1}'))
                self.assertIn('"v":1', join.line())
                for version in range(2, 300):
                    table.write(lines_of(f'{{"k":1,"v":{version}}}'))
                    self.assertEqual(self.seen(join, 1), version)
            self.assertEqual(self.seen(join, 1), 299, "what it said last stays when it ends")
            join.process.stdin.close()
            self.assertEqual(join.status(), 0)

    def test_a_pipe_that_never_rests_does_not_hold_up_the_end(self):
        path = self.folder / "pipe"
        os.mkfifo(path)
        with self.join("--idle", "100ms", table=path) as join, open(path, "wb", buffering=0) as table:
            table.write(lines_of('{"k":1,"v":1}'))
            self.assertEqual(self.seen(join, 1), 1)
            join.process.stdin.close()
            self.assertEqual(join.status(), 0)

    def test_a_busy_stream_does_not_keep_the_table_from_being_read(self):
        """What fills the table's pipe is read also while events come without a pause."""
        path = self.folder / "pipe"
        os.mkfifo(path)
        rows = 300000
        script = (f"(yes '{{\"k\":1}}' | head -n 2000000) | "
                  f"sjoin on k table {path} --follow --idle 100ms | tail -n 1 & "
                  f"(echo '{{\"k\":1,\"v\":0}}'; sleep 0.3; seq -f '{{\"k\":1,\"v\":%.0f}}' {rows}) > {path}; wait")
        result = shell(script)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertIn(b'"k":1,"right":{', result.stdout)

    def test_interrupted_it_ends_with_what_it_has_read(self):
        self.row(1, 1)
        with self.join() as join:
            self.assertEqual(self.seen(join, 1), 1)
            join.send(signal.SIGTERM)
            join.process.stdin.close()
            self.assertEqual(join.status(), -signal.SIGTERM)

    def test_the_table_is_part_of_the_state(self):
        state = ["--state", str(self.folder / "state"), "-q"]
        self.row(1, 1)
        with self.join(*state) as join:
            self.assertEqual(self.seen(join, 1), 1)
            self.row(2, 2)
            join.process.stdin.close()
            self.assertEqual(join.status(), 0)
        self.row(1, 3)
        with self.join(*state) as join:
            self.assertEqual([self.seen(join, 1), self.seen(join, 2)], [3, 2])
            join.process.stdin.close()
            self.assertEqual((join.status(), join.messages()), (0, ""))

    def test_a_pipe_is_refused_with_checkpoints(self):
        path = self.folder / "pipe"
        os.mkfifo(path)
        join = self.join("--checkpoint", str(self.folder / "ck"), table=path)
        with join, open(path, "wb"):
            self.assertEqual(join.status(), 2)
            self.assert_says(join.messages(), "pipe cannot be read again after a failure",
                             "--checkpoint needs a file as the table")


if __name__ == "__main__":
    unittest.main()
