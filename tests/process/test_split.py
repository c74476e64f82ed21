"""sgroup --split: one file per key; and what sgroup keeps from run to run.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import json
import os
import resource
import subprocess
import unittest

from harness import BIN, Running, ToolTest, event, lines_of, run


def split(name, *options, fields="user"):
    return [str(BIN / "sgroup"), fields, "--split", name, *options]


class Files(ToolTest):
    def events(self, count, keys):
        return [event(n % 60, user=f"u{n * n % keys}", n=n) for n in range(count)]

    @unittest.skipIf(os.environ.get("STREAMUTILS_SANITIZED"), "sanitizers open pipes to look at memory")
    def test_every_event_is_in_the_file_of_its_key_in_order_with_few_open_files(self):
        events = self.events(5000, 300)
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
        result = subprocess.run(split("out/{user}/log.ndjson"), input=lines_of(*events), cwd=self.folder,
                                capture_output=True, timeout=120, preexec_fn=limit)
        self.assertEqual((result.returncode, result.stderr, result.stdout), (0, b"", b""))
        expected = collections.defaultdict(list)
        for line in events:
            expected[json.loads(line)["user"]].append(line)
        for user, lines in expected.items():
            text = (self.folder / "out" / user / "log.ndjson").read_text()
            self.assertEqual(text.splitlines(), lines)
        self.assertEqual(len(list((self.folder / "out").iterdir())), len(expected))

    def test_what_stood_in_a_file_is_replaced(self):
        (self.folder / "u0").write_text("old\n")
        (self.folder / "other").write_text("old\n")
        result = run(split("{user}"), lines_of(event(1, user="u0")), cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual((self.folder / "u0").read_text(), event(1, user="u0") + "\n")
        self.assertEqual((self.folder / "other").read_text(), "old\n")

    def test_append_adds_to_it(self):
        (self.folder / "u0").write_text("old\n")
        result = run(split("{user}", "--append"), lines_of(event(1, user="u0")), cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual((self.folder / "u0").read_text(), "old\n" + event(1, user="u0") + "\n")

    def test_lines_are_in_the_files_while_the_input_is_quiet(self):
        with Running(split(f"{self.folder}/{{user}}")) as running:
            running.put(lines_of(event(1, user="a")))
            for _ in range(200):
                if (self.folder / "a").exists() and (self.folder / "a").read_text():
                    break
                running.line(patience=0.05)
            self.assertEqual((self.folder / "a").read_text(), event(1, user="a") + "\n")

    def test_a_full_disk_ends_it(self):
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        result = subprocess.run(["bash", "-c", "trap '' XFSZ; exec \"$@\"", "-", *split("{user}")],
                                input=lines_of(*self.events(2000, 2)), cwd=self.folder,
                                capture_output=True, timeout=120, preexec_fn=limit)
        self.assertEqual(result.returncode, 4)
        self.assert_says(result.stderr, "File too large")

    def test_no_value_leads_out_of_the_folder(self):
        names = ["../../x", "/etc/passwd", "..", ".", "", "a/b", "x" * 5000, "\u0000", "é", "%2F", "-"]
        events = [event(n, user=name) for n, name in enumerate(names)] + ['{"user":null}', "{}"]
        (self.folder / "in").mkdir()
        result = run(split("out/{user}"), lines_of(*events), cwd=self.folder / "in")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual([path.name for path in self.folder.iterdir()], ["in"])
        files = list((self.folder / "in" / "out").iterdir())
        self.assertEqual(len(files), len(events))
        self.assertTrue(all(path.is_file() and len(path.name) < 250 for path in files))


class State(ToolTest):
    def test_a_table_grows_from_run_to_run(self):
        """With --state the table is written at the end of each run, and kept."""
        argv = [str(BIN / "sgroup"), "user", "count", "--state", str(self.folder / "state")]
        first = run(argv, lines_of(event(1, user="a"), event(2, user="b")))
        self.assertEqual(first.stdout, lines_of('{"user":"a","count":1}', '{"user":"b","count":1}'))
        second = run(argv, lines_of(event(3, user="b"), event(4, user="c")))
        self.assertEqual(second.stdout, lines_of('{"user":"a","count":1}', '{"user":"b","count":2}',
                                                 '{"user":"c","count":1}'))

    def test_files_by_key_grow_from_run_to_run(self):
        log = self.folder / "log"
        argv = split("{user}", "--state", "state", str(log))
        (self.folder / "a").write_text("old\n")
        first = [event(1, user="a"), event(2, user="b")]
        second = [event(3, user="b"), event(4, user="c")]
        log.write_bytes(lines_of(*first))
        self.assertEqual(run(argv, cwd=self.folder).returncode, 0)
        log.write_bytes(lines_of(*first, *second))
        self.assertEqual(run(argv, cwd=self.folder).returncode, 0)
        for user, events in {"a": first[:1], "b": [first[1], second[0]], "c": second[1:]}.items():
            self.assertEqual((self.folder / user).read_bytes(), lines_of(*events))

    def test_what_cannot_be_kept_is_refused(self):
        argv = [str(BIN / "sgroup"), "user", "--checkpoint", str(self.folder / "kept"), "--split", "{user}"]
        result = run(argv, b"")
        self.assertEqual(result.returncode, 2)
        self.assert_says(result.stderr, "belongs to no epoch")


if __name__ == "__main__":
    unittest.main()
