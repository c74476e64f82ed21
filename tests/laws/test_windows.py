"""Windows held against independent computations, through the real binaries.

    Windows of windows equal the direct ones.
    On a real access log every kind of window equals what a few lines of Python make of it.

The log is not part of the project: STREAMUTILS_DATA names its folder, and without it those tests are skipped.
SPDX-License-Identifier: Apache-2.0
"""

import collections
import datetime
import fractions
import gzip
import json
import os
import pathlib
import random
import re
import subprocess
import unittest
import zoneinfo

from harness import BIN, ToolTest, clean_environment, run

SEED = 20261126
LOG = pathlib.Path(os.environ.get("STREAMUTILS_DATA", "")) / "apache-access.log.gz"
LINE = re.compile(r'(\S+) \S+ \S+ \[([^]]+)\] "(?:[^"\\]|\\.)*" (\d+) (\d+|-)')
PARIS = zoneinfo.ZoneInfo("Europe/Paris")


def swindow(*arguments):
    return [str(BIN / "swindow"), *arguments]


def rows_of(output):
    return [json.loads(line) for line in output.splitlines()]


def as_text(events):
    return "".join(json.dumps(event) + "\n" for event in events).encode()


class Nested(ToolTest):
    """swindow -w tumbling 1m ... | swindow tumbling 1h ... is swindow tumbling 1h ..."""

    FIRST = "count sum n min n max n first n last n by k"
    SECOND = ("sum count as count sum sum_n as sum_n min min_n as min_n max max_n as max_n "
              "first first_n as first_n last last_n as last_n by k")

    def pipeline(self, data, *stages):
        script = " | ".join(" ".join(["swindow", *stage]) for stage in stages)
        path = f"{BIN}:{os.environ['PATH']}"
        result = subprocess.run(["bash", "-o", "pipefail", "-c", script], input=data, capture_output=True,
                                env=clean_environment(PATH=path))
        self.assertEqual((result.returncode, result.stderr), (0, b""), script)
        return sorted(json.dumps(row) for row in rows_of(result.stdout) if "~stream" not in row)

    def test_minutes_into_hours(self):
        for seed in range(6):
            rng = random.Random(SEED + seed)
            times = sorted(rng.sample(range(6 * 3600 * 1000), 4000))
            events = [{"ts": 1795341600000 + t, "k": rng.choice("abc"), "n": rng.randrange(1000) / 10} for t in times]
            arrival = sorted(events, key=lambda event: event["ts"] + rng.randrange(20000))
            with self.subTest(seed=seed):
                direct = self.pipeline(as_text(arrival), ["tumbling 1h", self.FIRST, "--disorder 20s"])
                nested = self.pipeline(as_text(arrival), ["-w tumbling 1m", self.FIRST, "--disorder 20s"],
                                       ["tumbling 1h", self.SECOND])
                self.assertEqual(direct, nested)
                early = self.pipeline(as_text(arrival), ["-w tumbling 1m", self.FIRST, "--disorder 20s --every 13s"],
                                      ["tumbling 1h", self.SECOND])
                self.assertEqual(direct, early)


def parse(line):
    match = LINE.match(line)
    host, moment, status, size = match.groups()
    return {"ts": moment, "host": host, "status": int(status), "bytes": None if size == "-" else int(size)}


def time_of(event):
    return datetime.datetime.strptime(event["ts"], "%d/%b/%Y:%H:%M:%S %z")


def spelled(moment):
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def results(events):
    """count and avg bytes, the average exact and rounded once."""
    sizes = [event["bytes"] for event in events if event["bytes"] is not None]
    average = float(fractions.Fraction(sum(sizes), len(sizes))) if sizes else None
    if average is not None and average.is_integer():
        average = int(average)
    return {"count": len(events), "avg_bytes": average}


@unittest.skipUnless(LOG.exists(), f"no {LOG.name}: set STREAMUTILS_DATA to the folder of the logs")
class AccessLog(ToolTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        text = gzip.decompress(LOG.read_bytes()).decode("utf-8", "replace")
        cls.events = [parse(line) for line in text.splitlines() if LINE.match(line)][:3000]
        cls.data = as_text(cls.events)
        cls.timed = sorted(((time_of(event), i, event) for i, event in enumerate(cls.events)), key=lambda e: e[:2])

    def swindow(self, *arguments):
        result = run(swindow(*arguments, "--disorder", "2d"), self.data)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return rows_of(result.stdout)

    def assert_rows(self, rows, expected):
        def canonical(row):
            return json.dumps(row, sort_keys=True)
        self.assertEqual(sorted(map(canonical, rows)), sorted(map(canonical, expected)))
        self.assertGreater(len(expected), 10)

    def expected(self, windows_of):
        """windows_of(moment) gives (start, end) pairs."""
        groups = collections.defaultdict(list)
        for moment, _, event in self.timed:
            for window in windows_of(moment):
                groups[window, event["host"]].append(event)
        return [{"window_start": spelled(start), "window_end": spelled(end), "host": host, **results(events)}
                for ((start, end), host), events in groups.items()]

    def test_days_in_paris(self):
        def day(moment):
            local = moment.astimezone(PARIS).date()
            midnight = [datetime.datetime.combine(local + datetime.timedelta(days=n), datetime.time(), PARIS)
                        for n in (0, 1)]
            return [tuple(midnight)]
        rows = self.swindow("tumbling", "1d", "count", "avg", "bytes", "by", "host", "--tz", "Europe/Paris")
        self.assert_rows(rows, self.expected(day))

    def test_sliding(self):
        def windows(moment):
            slide = datetime.timedelta(minutes=7)
            epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
            newest = epoch + (moment - epoch) // slide * slide
            starts = [newest - n * slide for n in range(9)]
            return [(s, s + datetime.timedelta(hours=1)) for s in starts if s + datetime.timedelta(hours=1) > moment]
        rows = self.swindow("sliding", "1h", "7m", "count", "avg", "bytes", "by", "host")
        self.assert_rows(rows, self.expected(windows))

    def by_host(self):
        hosts = collections.defaultdict(list)
        for moment, _, event in self.timed:
            hosts[event["host"]].append((moment, event))
        return hosts

    def test_sessions(self):
        gap = datetime.timedelta(minutes=30)
        expected = []
        for host, visits in self.by_host().items():
            session = []
            for moment, event in [*visits, (None, None)]:
                if session and (moment is None or moment - session[-1][0] > gap):
                    expected.append({"window_start": spelled(session[0][0]),
                                     "window_end": spelled(session[-1][0] + gap), "host": host,
                                     **results([event for _, event in session])})
                    session = []
                session.append((moment, event))
        rows = self.swindow("session", "30m", "count", "avg", "bytes", "by", "host")
        self.assert_rows(rows, expected)

    def test_rows(self):
        expected = []
        for host, visits in self.by_host().items():
            for first in range(0, len(visits) - 4, 2):
                window = visits[first:first + 5]
                expected.append({"window_start": spelled(window[0][0]), "window_end": spelled(window[-1][0]),
                                 "host": host, **results([event for _, event in window])})
        rows = self.swindow("sliding", "5rows", "2rows", "count", "avg", "bytes", "by", "host")
        self.assert_rows([row for row in rows if "partial" not in row], expected)

    def test_rolling(self):
        size = datetime.timedelta(minutes=10)
        past = collections.defaultdict(list)
        expected = []
        for moment, _, event in self.timed:
            mine = past[event["host"]]
            mine.append((moment, event))
            expected.append({**event, **results([other for then, other in mine if then > moment - size])})
        rows = self.swindow("rolling", "10m", "count", "avg", "bytes", "by", "host")
        self.assertEqual(rows, expected)

    def test_cumulating(self):
        def windows(moment):
            hour = moment.astimezone(datetime.timezone.utc).replace(minute=0, second=0)
            ends = [hour + datetime.timedelta(minutes=10 * n) for n in range(1, 7)]
            return [(hour, end) for end in ends if end > moment]
        rows = self.swindow("cumulate", "1h", "10m", "count", "avg", "bytes", "by", "host")
        self.assert_rows(rows, self.expected(windows))


if __name__ == "__main__":
    unittest.main()
