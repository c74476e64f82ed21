"""Full disks, closed descriptors, readers and writers that leave.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import pty
import resource
import signal
import subprocess
import unittest

from harness import (BAD, BIN, GOOD, Running, ToolTest, command, event, ignore_sigpipe, lines_of, run,
                     shell)


# Tools that can have late events.
LATE_TO = dict.fromkeys(["swindow", "sgroup", "sdedup", "sjoin"], ["--late-to"])


def quoted(argv):
    return " ".join(f"'{word}'" for word in argv)


class FullDisk(ToolTest):
    def test_standard_output(self):
        for tool in self.each_tool():
            with open("/dev/full", "wb") as full:
                result = subprocess.run(command(tool), input=GOOD, stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(result.returncode, 4)
            self.assert_says(result.stderr, "standard output: No space left on device")

    def test_bad_to(self):
        for tool in self.each_tool():
            result = run(command(tool, "--bad-to", "/dev/full"), BAD)
            self.assertEqual(result.returncode, 4)
            self.assert_says(result.stderr, "/dev/full: No space left on device")

    def test_count_to(self):
        """What sdedup tells of its keys: no room at all, and room that ends."""
        events = lines_of(*(event(n // 100, n=n % 100) for n in range(1000)))
        words = ["n", "--within", "1s", "--disorder", "0", "--count-to"]
        full = run([str(BIN / "sdedup"), *words, "/dev/full"], events)
        self.assertEqual(full.returncode, 4)
        self.assert_says(full.stderr, "/dev/full: No space left on device")

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))

        counts = self.file("counts")
        small = run([str(BIN / "sdedup"), *words, counts], events, preexec_fn=limit)
        self.assertEqual(small.returncode, 4)
        self.assert_says(small.stderr, "counts: File too large")

    def test_help(self):
        for tool in self.each_tool():
            for form in ["-h", "--help", "--version"]:
                with open("/dev/full", "wb") as full:
                    result = subprocess.run(command(tool, form), stdout=full, stderr=subprocess.PIPE)
                self.assertEqual(result.returncode, 4, form)


class OneFile(ToolTest):
    def run_reading(self, path, argv, **options):
        with open(path, "rb") as source:
            return subprocess.run(argv, stdin=source, stderr=subprocess.PIPE, **options)

    def assert_refuses(self, result, path, reason):
        """Before anything has become of what the file holds."""
        self.assertEqual(result.returncode, 2)
        self.assert_says(result.stderr, reason)
        self.assertEqual(pathlib.Path(path).read_bytes(), GOOD)

    def test_input_that_is_the_output_is_refused(self):
        path = self.file("both", GOOD)
        for tool in self.each_tool():
            with open(path, "ab") as sink:
                result = self.run_reading(path, command(tool), stdout=sink)
            self.assert_refuses(result, path, "-: this file is the output, too")

    def test_a_file_that_is_read_is_not_written_over(self):
        path = self.file("both", GOOD)
        for tool in self.each_tool():
            for option in ["--bad-to", *LATE_TO.get(tool, [])]:
                result = self.run_reading(path, command(tool, option, path), stdout=subprocess.PIPE)
                self.assert_refuses(result, path, f"-: this file is read, and {option} would write over it")
        for words in [["swrite", path], ["swrite", "--append", path],
                      ["sdedup", "n", "--within", "1s", "--count-to", path]]:
            result = self.run_reading(path, [str(BIN / words[0]), *words[1:]], stdout=subprocess.PIPE)
            self.assert_refuses(result, path, "-: this file is read")

    def test_two_outputs_are_two_files(self):
        path = self.file("both", GOOD)
        for tool in self.each_tool():
            for option in LATE_TO.get(tool, []):
                result = run(command(tool, "--bad-to", path, option, path), GOOD)
                self.assert_refuses(result, path, f"{path}: --bad-to and {option} name the same file")
                result = run(command(tool, "--bad-to", "/dev/null", option, "/dev/null"), GOOD)
                self.assertEqual(result.returncode, 0)
            with open(path, "ab") as sink:
                result = subprocess.run(command(tool, "--bad-to", path), input=GOOD, stdout=sink,
                                        stderr=subprocess.PIPE)
            self.assert_refuses(result, path, f"{path}: --bad-to names the file that standard output is written to")

    def test_swrite_does_not_replace_a_file_by_what_is_typed(self):
        """All other tools read the file that is named."""
        path = self.file("events", GOOD)
        controller, terminal = pty.openpty()
        self.addCleanup(os.close, controller)
        self.addCleanup(os.close, terminal)
        result = subprocess.run([str(BIN / "swrite"), "--to", "csv", path], stdin=terminal, capture_output=True)
        self.assert_refuses(result, path, f"to read it: swrite < {path}")

    def test_a_device_may_be_both(self):
        for tool in self.each_tool():
            with open("/dev/null", "r+b") as null:
                result = subprocess.run(command(tool), stdin=null, stdout=null, stderr=subprocess.PIPE)
            self.assertEqual(result.returncode, 0)


class ClosedDescriptors(ToolTest):
    def test_standard_input(self):
        for tool in self.each_tool():
            result = shell(f"{quoted(command(tool))} <&-")
            self.assertEqual((result.returncode, result.stdout), (4, b""))
            self.assert_says(result.stderr, "standard input: Bad file descriptor")

    def test_standard_input_that_nobody_reads(self):
        file = self.file("events", GOOD)
        for tool in self.each_reader():
            result = shell(f"{quoted([*command(tool), file])} <&-")
            self.assertEqual((result.returncode, result.stderr), (0, b""))

    def test_standard_output(self):
        file = self.file("events", GOOD)
        for tool in self.each_reader():
            result = shell(f"{quoted([*command(tool), file])} >&-")
            self.assertEqual(result.returncode, 4)
            self.assert_says(result.stderr, "standard output: Bad file descriptor")

    def test_standard_error(self):
        file = self.file("events", BAD)
        for tool in self.each_reader():
            result = shell(f"{quoted([*command(tool), file])} 2>&-")
            self.assertEqual(result.returncode, 1)
            self.assertNotEqual(result.stdout, b"")

    def test_all_closed_and_a_file_for_bad_records(self):
        events, bad = self.file("events", BAD), str(self.folder / "bad")
        for tool in self.each_reader():
            shell(f"{quoted([*command(tool, '--bad-to', bad), events])} <&- >&- 2>&-")
            with open(bad, encoding="utf-8") as file:
                self.assertEqual(len(file.readlines()), 1)


class ReaderLeaves(ToolTest):
    def leave_while_writing(self, tool, **more):
        with Running(command(tool), **more) as running:
            running.process.stdout.close()
            try:
                for n in range(20000):
                    running.put(lines_of(f'{{"ts":{1795341600 + n}}}'))
            except BrokenPipeError:
                pass
            running.process.stdin.close()
            return running.status(), running.messages()

    def test_death_by_sigpipe_is_quiet(self):
        for tool in self.each_tool():
            status, messages = self.leave_while_writing(tool)
            self.assertEqual((status, messages), (-signal.SIGPIPE, ""))

    def test_also_where_the_parent_ignores_the_signal(self):
        for tool in self.each_tool():
            status, messages = self.leave_while_writing(tool, preexec_fn=ignore_sigpipe,
                                                        restore_signals=False)
            self.assertEqual((status, messages), (-signal.SIGPIPE, ""))

    def test_an_idle_tool_leaves_with_its_reader(self):
        for tool in self.each_tool():
            with Running(command(tool)) as running:
                running.put(GOOD)
                self.assertIsNotNone(running.line())
                running.process.stdout.close()
                self.assertEqual(running.status(), -signal.SIGPIPE)

    def test_a_chain_ends_with_head(self):
        log = self.file("log", GOOD)
        result = shell(f"timeout 20 bash -c \"tail -n +1 -F '{log}' | sfilter | sfilter | head -n 1\"")
        self.assertEqual((result.returncode, result.stdout.count(b"\n")), (0, 1))


class Devices(ToolTest):
    def test_dev_null_is_an_empty_input(self):
        for tool in self.each_tool():
            result = run([*command(tool), "--", os.devnull])
            self.assertEqual((result.returncode, result.stdout), (0, b""))

    def test_output_that_is_also_a_pipe_is_read_slowly(self):
        """A full pipe only makes the tool wait."""
        for tool in self.each_tool():
            result = shell(f"yes '{GOOD.splitlines()[0].decode()}' | head -n 300000 | "
                           f"{quoted(command(tool))} | (sleep 0.3; wc -l)")
            self.assertEqual(result.stdout.strip(), b"1" if tool in ("swindow", "sdedup") else b"300000")


if __name__ == "__main__":
    unittest.main()
