"""Laws that hold for all input: random streams with a fixed seed, through the real binaries.

    The bytes that leave do not depend on how the bytes came.
    A shuffle within --disorder changes nothing but the order of keys and of equal times.
    in = used + dropped + bad + late, to the unit.
    A watermark line more or less changes no result but the moment it leaves.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import random
import subprocess
import tempfile
import time
import unittest

from harness import BEGIN, BIN, END, ToolTest, clean_environment, event, run

SEED = 20261122

WINDOWS = [
    ["tumbling", "10s", "count", "sum", "n", "min", "n", "max", "n", "by", "k"],
    ["sliding", "10s", "3s", "count", "avg", "n", "first", "n", "last", "n", "by", "k"],
    ["sliding", "2s", "5s", "count", "by", "k"],
    ["session", "3s", "count", "sum", "n", "first", "n", "by", "k"],
    ["session", "3s", "max", "20s", "count", "last", "n", "by", "k"],
    ["tumbling", "7s", "count"],
]

FILTERS = [["k=a"], ["text=xyz"], ["text=xyz", "--max-line", "4k"], ["n>500", "k!=b"], ["-v", "k=a"], ["text~x.z"], ["--sample", "30%:n"], ["-c", "k=a"],
           ["-m", "100", "k=a"], ["k=a", "--around", "2s"], []]


def sfilter(*arguments):
    return [str(BIN / "sfilter"), *arguments]


def swindow(*arguments):
    return [str(BIN / "swindow"), *arguments]


def random_events(rng, n, seconds=300):
    """Events in the order of their times, all different."""
    times = sorted(rng.sample(range(seconds * 1000), n))
    return [json.dumps({"ts": 1795341600000 + t, "k": rng.choice("abcde"), "n": rng.randrange(1000),
                        "text": "xyz" * rng.randrange(60)}, separators=(",", ":"))
            for t in times]


def shuffled(rng, events, milliseconds):
    """Another order, in which nobody comes more than so long after a later event."""
    def arrival(line):
        return json.loads(line)["ts"] + rng.randrange(milliseconds)

    return [line for _, _, line in sorted((arrival(line), i, line) for i, line in enumerate(events))]


def text(lines):
    return "".join(line + "\n" for line in lines).encode()


def damage(rng, line):
    """One of the ways in which a line can be no event, or a strange one."""
    raw = line.encode()
    kind = rng.randrange(16)
    if kind == 0:
        return raw[: rng.randrange(len(raw))]
    if kind == 1:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(80))).replace(b"\n", b"")
    if kind == 2:
        return raw.replace(b'"k"', b'"\0k"')
    if kind == 3:
        return raw.replace(b"x", b"\xff")
    if kind == 4:
        return b'{"ts":1795341600000,"k":' + b"[" * 2000 + b"]" * 2000 + b"}"
    if kind == 5:
        return b'{"ts":1795341600000,"n":' + b"9" * 400 + b"}"
    if kind == 6:
        return rng.choice([b"", b"  ", b"\t", b"\r"])
    if kind == 7:
        return raw + b"\r"
    if kind == 8:
        return b"\xef\xbb\xbf" + raw
    if kind == 9:
        return raw[:-1] + b',"pad":"' + b"y" * 3000 + b'"}'
    if kind == 10:
        return rng.choice([b'{"~stream":{}}', b'{"~stream":{"watermark":1}}', b'{"~stream":{"end":0}}',
                           b'{"~stream":{"begin":[]}}', b'{ "~stream" : {"watermark":"then"}}'])
    if kind == 11:
        return raw[:-1] + b',"k":"again"}'
    if kind == 12:
        return b'{"ts":' + rng.choice([b"1e300", b"-1e18", b'"yesterday"', b"null", b"{}", b"0"]) + b',"k":"a"}'
    if kind == 13:
        return raw + raw
    if kind == 14:
        return rng.choice([b"null", b"[]", b'"text"', b"17", b"{}", b"{", b"}", b'{"k"}'])
    position = rng.randrange(len(raw))
    return raw[:position] + bytes([rng.choice([0, 9, 34, 44, 58, 92, 93, 123, 125, 128])]) + raw[position + 1:]


class SameBytes(ToolTest):
    """A file, a pipe, and pipes that are written in pieces of any size."""

    def outputs(self, argv, data):
        """How the data came, and what the tool did: status, output, and messages where they are alike."""
        path = self.file("events", data)
        with open(path, "rb") as file:
            result = subprocess.run(argv, stdin=file, capture_output=True)
        yield "file", (result.returncode, result.stdout, result.stderr)
        operand = subprocess.run([*argv, "--", path], capture_output=True)
        yield "operand", (operand.returncode, operand.stdout, result.stderr)
        piped = run(argv, data)
        yield "pipe", (piped.returncode, piped.stdout, piped.stderr)
        yield "pieces", self.in_pieces(argv, data)

    def in_pieces(self, argv, data):
        rng = random.Random(SEED)
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as messages:
            with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=output, stderr=messages,
                                  bufsize=0) as process:
                self.write_pieces(rng, process.stdin, data)
            output.seek(0)
            messages.seek(0)
            return process.returncode, output.read(), messages.read()

    def write_pieces(self, rng, pipe, data):
        position = 0
        try:
            while position < len(data):
                size = rng.choice([1, 2, 3, 7, 100, 5000])
                pipe.write(data[position:position + size])
                position += size
                time.sleep(0.0002)  # so that the tool reads what there is, and not all at once
        except BrokenPipeError:
            pass

    def assert_same(self, argv, data):
        (_, first), *others = self.outputs(argv, data)
        self.assertNotEqual(first[1], b"")
        for how, output in others:
            self.assertEqual(output, first, (how, argv))

    def test_clean_and_damaged_streams(self):
        rng = random.Random(SEED)
        clean = shuffled(rng, random_events(rng, 3000), 1000)
        damaged = b"".join((damage(rng, line) if rng.random() < 0.1 else line.encode()) + b"\n" for line in clean)
        for arguments in FILTERS:
            self.assert_same(sfilter(*arguments), text(clean))
            self.assert_same(sfilter(*arguments), damaged)
        for arguments in WINDOWS:
            self.assert_same(swindow("--idle", "off", "--max-ahead", "1000w", *arguments), text(clean))
            self.assert_same(swindow("--idle", "off", "--max-ahead", "1000w", *arguments), damaged)


def rows_by_window(output):
    """The rows in an order that does not depend on the order of keys within a window."""
    rows = [json.loads(line) for line in output.splitlines()]
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def ends_of(output):
    return [json.loads(line)["window_end"] for line in output.splitlines()]


class Shuffle(ToolTest):
    def test_windows(self):
        rng = random.Random(SEED)
        events = random_events(rng, 2000)
        for arguments in WINDOWS:
            argv = swindow("--disorder", "5s", *arguments)
            sorted_run = run(argv, text(events))
            self.assertEqual((sorted_run.returncode, sorted_run.stderr), (0, b""))
            self.assertNotEqual(sorted_run.stdout, b"")
            for _ in range(5):
                other = run(argv, text(shuffled(rng, events, 5000)))
                self.assertEqual((other.returncode, other.stderr), (0, b""), arguments)
                self.assertEqual(rows_by_window(other.stdout), rows_by_window(sorted_run.stdout), arguments)
                self.assertEqual(ends_of(other.stdout), ends_of(sorted_run.stdout), arguments)

    def test_without_keys_not_a_byte_differs(self):
        rng = random.Random(SEED)
        events = random_events(rng, 2000)
        for arguments in [a[: a.index("by")] if "by" in a else a for a in WINDOWS]:
            argv = swindow("--disorder", "5s", *arguments)
            expected = run(argv, text(events)).stdout
            for _ in range(5):
                self.assertEqual(run(argv, text(shuffled(rng, events, 5000))).stdout, expected, arguments)

    def test_several_files_are_merged_by_time(self):
        rng = random.Random(SEED)
        events = random_events(rng, 2000)
        whole = run(swindow("tumbling", "10s", "count", "sum", "n"), text(events)).stdout
        parts = [[], [], []]
        for line in events:
            rng.choice(parts).append(line)
        files = [self.file(f"part{i}", text(part)) for i, part in enumerate(parts)]
        merged = run(swindow("tumbling", "10s", "count", "sum", "n", *files))
        self.assertEqual((merged.stdout, merged.stderr), (whole, b""))


class WatermarkLines(ToolTest):
    def with_watermarks(self, rng, events, share):
        """A stream with watermarks that are true, at random places."""
        lines, least = [], []
        for line in reversed(events):
            time_of_line = json.loads(line)["ts"]
            least.append(min(time_of_line, least[-1]) if least else time_of_line)
        least.reverse()
        for line, bound in zip(events, least):
            if rng.random() < share:
                moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(bound // 1000))
                lines.append(f'{{"~stream":{{"watermark":"{moment}.{bound % 1000:03d}Z"}}}}')
            lines.append(line)
        return text([BEGIN, *lines, END])

    def test_change_no_result(self):
        rng = random.Random(SEED)
        events = shuffled(rng, random_events(rng, 1500), 4000)
        for arguments in WINDOWS:
            argv = swindow("--control", "never", *arguments)
            outputs = set()
            for share in [0, 0.01, 0.1, 0.5, 1]:
                result = run(argv, self.with_watermarks(rng, events, share))
                self.assertEqual((result.returncode, result.stderr), (0, b""), arguments)
                outputs.add(result.stdout)
            self.assertEqual(len(outputs), 1, arguments)

    def test_a_chain_with_watermarks_gives_what_it_gives_without(self):
        rng = random.Random(SEED)
        events = shuffled(rng, random_events(rng, 1500), 900)
        plain = run(swindow("tumbling", "10s", "count", "by", "k"), text(events)).stdout
        between = run(sfilter("-w"), text(events)).stdout
        self.assertIn(b"watermark", between)
        chained = run(swindow("--control", "never", "tumbling", "10s", "count", "by", "k"), between)
        self.assertEqual((chained.stdout, chained.stderr), (plain, b""))

    def test_forwarded_watermarks_are_true(self):
        """No row that follows a forwarded watermark has a time before it."""
        rng = random.Random(SEED)
        stream = run(sfilter("-w"), text(shuffled(rng, random_events(rng, 1500), 900))).stdout
        for arguments in WINDOWS:
            output = run(swindow(*arguments), stream).stdout
            watermark, seen = 0, 0
            for line in output.decode().splitlines():
                row = json.loads(line)
                if "~stream" in row:
                    seen += "watermark" in row["~stream"]
                    watermark = milliseconds_of(row["~stream"].get("watermark")) or watermark
                else:
                    self.assertGreater(row["window_end"], watermark, arguments)
            self.assertGreater(seen, 10, arguments)


def milliseconds_of(moment):
    if moment is None:
        return None
    import datetime
    whole, _, fraction = moment.rstrip("Z").partition(".")
    seconds = datetime.datetime.fromisoformat(whole + "+00:00").timestamp()
    return seconds * 1000 + (int(fraction.ljust(9, "0")) / 1e6 if fraction else 0)


class Conservation(ToolTest):
    """A million events with every kind of damage among them."""

    EVENTS = int(os.environ.get("STREAMUTILS_LAW_EVENTS", "1000000"))

    @classmethod
    def setUpClass(cls):
        rng = random.Random(SEED)
        pool = shuffled(rng, random_events(rng, 20000), 3000)
        cls.blocks, cls.records = [], 0
        for _ in range(max(1, cls.EVENTS // len(pool))):
            lines = [damage(rng, line) if rng.random() < 0.02 else line.encode() for line in pool]
            cls.blocks.append(b"\n".join(lines) + b"\n")
            cls.records += sum(line.strip(b" \t\r") != b"" for line in lines)

    def stats_of(self, argv):
        path = self.folder / "events"
        if not path.exists():
            path.write_bytes(b"".join(self.blocks))
        with open(path, "rb") as file:
            result = subprocess.run(argv, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    env=clean_environment())
        self.assertIn(result.returncode, (0, 1), argv)
        return json.loads(result.stderr.splitlines()[-1]), result.stdout

    def assert_conserved(self, stats, argv):
        self.assertEqual(stats["in"], self.records, argv)
        self.assertEqual(stats["in"], stats["used"] + stats["dropped"] + stats["bad"] + stats["late"], argv)

    def test_filters(self):
        for arguments in [["k=a"], ["n>500"], ["--strict"], ["--max-line", "2k", "k=a"], ["-v", "k=a"]]:
            bad_file = str(self.folder / "bad")
            argv = sfilter("--stats=json", "--bad-to", bad_file, *arguments)
            stats, output = self.stats_of(argv)
            self.assert_conserved(stats, argv)
            self.assertEqual(output.count(b"\n"), stats["used"], argv)
            with open(bad_file, "rb") as file:
                self.assertEqual(sum(1 for _ in file), stats["bad"], argv)
            self.assertGreater(stats["bad"], 0)

    def test_windows(self):
        for arguments in WINDOWS[:4]:
            bad_file, late_file = str(self.folder / "bad"), str(self.folder / "late")
            argv = swindow("--stats=json", "--bad-to", bad_file, "--late-to", late_file, *arguments)
            stats, output = self.stats_of(argv)
            self.assert_conserved(stats, argv)
            with open(bad_file, "rb") as file:
                self.assertEqual(sum(1 for _ in file), stats["bad"], argv)
            with open(late_file, "rb") as file:
                self.assertEqual(sum(1 for _ in file), stats["late"] + stats["late_partly"], argv)
            self.assertGreater(stats["late"], 0, argv)
            if arguments[0] == "tumbling":
                counted = sum(json.loads(line)["count"] for line in output.splitlines())
                self.assertEqual(counted, stats["used"], argv)


if __name__ == "__main__":
    unittest.main()
