"""sjoin between processes: pipes of all sorts, and diamonds that must not block.

SPDX-License-Identifier: Apache-2.0
"""

import os
import subprocess
import unittest

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

    def test_one_side_that_dies(self):
        self.file("l", lines_of('{"~stream":{"begin":{"time":"ts"}}}', event(0, n=1)))
        self.file("r", lines_of(event(0, n=2)))
        result = shell(f"cd {self.folder}; sjoin on n within 1s --type full l r")
        self.assertEqual((result.returncode, result.stdout.count(b"right")), (75, 0))


if __name__ == "__main__":
    unittest.main()
