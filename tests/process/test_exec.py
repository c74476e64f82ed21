"""swrite --exec: a command for each event; and files by name on a real file system.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import resource
import signal
import time
import unittest

from harness import BIN, PATIENCE, Running, ToolTest, event, lines_of, run


class ExecTest(ToolTest):
    def script(self, name, text):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\ncd {self.folder}\n{text}\n")
        path.chmod(0o755)
        return str(path)

    def swrite(self, events, command, *options):
        lines = lines_of(*(json.dumps(e, separators=(",", ":")) for e in events))
        return run([str(BIN / "swrite"), *options, "--exec", command], lines)

    def lines(self, name):
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []


class Commands(ExecTest):
    def test_the_event_is_the_input_and_fields_are_variables(self):
        command = self.script("c", 'cat >> got; echo "$1|$EVENT_USER_NAME|$EVENT_N|${EVENT_GONE-unset}" >> got')
        events = [{"user": {"name": "a; rm -rf $HOME `x`"}, "n": 1.50}, {"user": {}, "n": None}]
        result = self.swrite(events, f"{command} 'two words'", "--env", "user.name,n,gone")
        self.assertEqual((result.stdout, result.stderr, result.returncode), (b"", b"", 0))
        self.assertEqual(self.lines("got"),
                         ['{"user":{"name":"a; rm -rf $HOME `x`"},"n":1.5}',
                          "two words|a; rm -rf $HOME `x`|1.5|unset",
                          '{"user":{},"n":null}', "two words|||unset"])

    def test_one_after_the_other_in_order(self):
        command = self.script("c", "read line; sleep 0.0$(( $(echo $line | tr -dc 0-9) % 3 )); echo $line >> got")
        self.assertEqual(self.swrite([{"n": n} for n in range(20)], command).returncode, 0)
        self.assertEqual([json.loads(line)["n"] for line in self.lines("got")], list(range(20)))

    def test_several_at_once_but_no_more(self):
        command = self.script("c", "mkdir run.$$; ls -d run.* | wc -l >> got; sleep 0.2; rmdir run.$$")
        self.assertEqual(self.swrite([{"n": n} for n in range(12)], command, "--max-parallel", "3").returncode, 0)
        counts = [int(line) for line in self.lines("got")]
        self.assertEqual(len(counts), 12)
        self.assertLessEqual(max(counts), 3)
        self.assertGreater(max(counts), 1)

    def test_it_is_tried_again(self):
        command = self.script("c", "echo x >> tries; test $(wc -l < tries) -ge 3")
        result = self.swrite([{"n": 1}], command, "--retry-wait", "10ms")
        self.assertEqual((result.returncode, self.lines("tries")), (0, ["x"] * 3))

    def test_what_has_failed_for_good(self):
        dead = str(self.folder / "dead")
        command = self.script("c", "echo x >> tries; grep -q good || exit 3")
        result = self.swrite([{"n": "bad"}, {"n": "good"}, {"n": "worse"}], command, "--retries", "1",
                             "--retry-wait", "1ms", "--dead-to", dead)
        self.assertEqual(result.returncode, 1)
        self.assertEqual([json.loads(line) for line in self.lines("dead")],
                         [{"reason": "exit status 3", "tries": 2, "event": {"n": "bad"}},
                          {"reason": "exit status 3", "tries": 2, "event": {"n": "worse"}}])
        self.assert_says(result.stderr, "failed 2 times: exit status 3", "2 of 3 events")
        self.assertEqual(len(self.lines("tries")), 5)

    def test_a_command_that_is_not_there(self):
        result = self.swrite([{"n": 1}], "/no/such/command", "--retries", "0")
        self.assertEqual(result.returncode, 1)
        self.assert_says(result.stderr, "No such file or directory", "1 of 1 events")
        self.assert_says(result.stderr, "the command has failed: /no/such/command: No such file")

    def test_the_rate(self):
        command = self.script("c", "echo x >> got")
        start = time.monotonic()
        self.swrite([{"n": n} for n in range(5)], command, "--max-rate", "20/s", "--max-parallel", "5")
        self.assertGreater(time.monotonic() - start, 0.19)
        self.assertEqual(len(self.lines("got")), 5)

    def test_a_large_event(self):
        command = self.script("c", "wc -c >> got")
        self.assertEqual(self.swrite([{"text": "x" * 1000000}], command).returncode, 0)
        self.assertEqual(self.lines("got"), ["1000012"])

    def test_each_event_at_once_and_again_while_the_stream_is_quiet(self):
        command = self.script("c", "cat >> got; test $(wc -l < got) -ge 2")
        with Running([str(BIN / "swrite"), "--retry-wait", "50ms", "--exec", command]) as running:
            running.put(lines_of(event(1)))
            deadline = time.monotonic() + PATIENCE
            while len(self.lines("got")) < 2 and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertEqual(len(self.lines("got")), 2)
            running.process.stdin.close()
            self.assertEqual(running.status(), 0)

    def test_a_signal_waits_for_the_command_that_runs(self):
        command = self.script("c", "echo began >> got; sleep 0.5; echo ended >> got")
        with Running([str(BIN / "swrite"), "--exec", command]) as running:
            running.put(lines_of(event(1)))
            deadline = time.monotonic() + PATIENCE
            while not self.lines("got") and time.monotonic() < deadline:
                time.sleep(0.01)
            running.send(signal.SIGTERM)
            running.process.stdin.close()
            self.assertEqual(running.status(), -signal.SIGTERM)
            self.assertEqual(self.lines("got"), ["began", "ended"])


class Files(ExecTest):
    def test_more_files_than_may_be_open(self):
        events = [{"k": n % 700, "n": n} for n in range(2100)]
        lines = lines_of(*(json.dumps(e) for e in events))
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))  # noqa: E731
        old = self.folder / "out" / "5"
        old.parent.mkdir()
        old.write_text("old\n")
        result = run([str(BIN / "swrite"), f"{self.folder}/out/{{k}}"], lines, preexec_fn=limit)
        self.assertEqual((result.stderr, result.returncode), (b"", 0))
        for k in range(700):
            with open(self.folder / "out" / str(k), encoding="utf-8") as file:
                self.assertEqual([json.loads(line)["n"] for line in file], [k, k + 700, k + 1400])
        run([str(BIN / "swrite"), "-a", f"{self.folder}/out/{{k}}"], b'{"k":5}\n')
        self.assertEqual(len(old.read_text().splitlines()), 4)

    def test_a_full_disk(self):
        for name, words in (("one", ["/dev/full"]), ("many", ["/dev/{k}"])):
            result = run([str(BIN / "swrite"), *words], b'{"k":"full"}\n')
            self.assertEqual(result.returncode, 4, name)
            self.assert_says(result.stderr, "/dev/full: No space left on device")

    def test_a_file_that_cannot_be_made(self):
        self.file("plain")
        result = run([str(BIN / "swrite"), f"{self.folder}/plain/{{k}}"], b'{"k":1}\n')
        self.assertEqual(result.returncode, 4)
        self.assert_says(result.stderr, "plain/1: Not a directory")

    def test_append(self):
        path = self.file("out", b"old\n")
        run([str(BIN / "swrite"), "-a", path], lines_of("{}"))
        self.assertEqual((self.folder / "out").read_bytes(), b"old\n{}\n")
        run([str(BIN / "swrite"), path], lines_of("{}"))
        self.assertEqual((self.folder / "out").read_bytes(), b"{}\n")

    def test_rows_are_appended_without_a_second_header(self):
        path = str(self.folder / "out.csv")
        for _ in range(2):
            run([str(BIN / "swrite"), "--to", "csv", "-a", path], lines_of('{"a":1}'))
        self.assertEqual((self.folder / "out.csv").read_text(), "a\n1\n1\n")


if __name__ == "__main__":
    unittest.main()
