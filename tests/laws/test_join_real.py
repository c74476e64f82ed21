"""Joins of real logs, held against independent computations.

The logs are not part of the project: STREAMUTILS_DATA names their folder, and without it the tests are skipped.
SPDX-License-Identifier: Apache-2.0
"""

import collections
import datetime
import gzip
import json
import os
import pathlib
import re
import unittest

from harness import BIN, ToolTest, run, shell

DATA = pathlib.Path(os.environ.get("STREAMUTILS_DATA", ""))
SECOND = datetime.timedelta(seconds=1)


def log(name):
    return gzip.decompress((DATA / name).read_bytes())


def events(data):
    return [json.loads(line) for line in data.splitlines()]


def moment(event):
    return datetime.datetime.fromisoformat(event["ts"].replace("Z", "+00:00"))


def bag(rows):
    return collections.Counter(json.dumps(row, sort_keys=True) for row in rows)


@unittest.skipUnless((DATA / "zeek-rdp.ndjson.gz").exists(), "no logs: set STREAMUTILS_DATA to their folder")
class Zeek(ToolTest):
    """Sessions of remote desktops with what the analyzers said of the same connection."""

    def setUp(self):
        super().setUp()
        self.left, self.right = log("zeek-rdp.ndjson.gz"), log("zeek-analyzer.ndjson.gz")
        self.files = self.file("rdp", self.left), self.file("analyzer", self.right)

    def join(self, *options, words=("on", "uid", "within", "-20s..1s")):
        result = run([str(BIN / "sjoin"), *words, "--disorder", "15s", *options, *self.files])
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return events(result.stdout)

    def partners(self, lower=-20, upper=1):
        """Each event of the left with its partners on the right, the slow way."""
        by_uid = collections.defaultdict(list)
        for event in events(self.right):
            by_uid[event.get("uid")].append((moment(event), event))
        for event in events(self.left):
            time = moment(event)
            yield event, [other for at, other in by_uid[event["uid"]]
                          if lower * SECOND <= at - time <= upper * SECOND]

    def test_pairs(self):
        expected = [{**left, "right": right} for left, others in self.partners() for right in others]
        self.assertEqual(len({row["uid"] for row in expected}), 4100)
        self.assertEqual(bag(self.join()), bag(expected))

    def test_narrow_bounds(self):
        expected = [{**left, "right": right} for left, others in self.partners(-1, 0) for right in others]
        self.assertLess(len(expected), 4100)
        self.assertEqual(bag(self.join(words=("on", "uid", "within", "-1s..0"))), bag(expected))

    def test_left(self):
        expected = [row for left, others in self.partners()
                    for row in ([{**left, "right": right} for right in others] or [left])]
        self.assertEqual(bag(self.join("--type", "left")), bag(expected))

    def test_semi_and_anti(self):
        partners = list(self.partners())
        self.assertEqual(bag(self.join("--type", "semi")), bag(left for left, others in partners if others))
        lonely = [left for left, others in partners if not others]
        self.assertEqual(len(lonely), 22)
        self.assertEqual(bag(self.join("--type", "anti")), bag(lonely))

    def test_pipes_give_the_same_as_files(self):
        self.join_words = "on uid within -20s..1s --type full --disorder 15s"
        rdp, analyzer = self.files
        expected = shell(f"sjoin {self.join_words} {rdp} {analyzer}").stdout
        self.assertGreater(len(expected), 1000)
        slow = f"<(head -c 100000 {rdp}; sleep 0.2; tail -c +100001 {rdp})"
        for command in [f"sjoin {self.join_words} --idle off <(cat {rdp}) <(cat {analyzer})",
                        f"cat {rdp} | sjoin {self.join_words} --idle off {analyzer}",
                        f"sjoin {self.join_words} --idle off {slow} <(cat {analyzer})"]:
            with self.subTest(command):
                result = shell(command)
                self.assertEqual((result.stderr, result.returncode), (b"", 0))
                self.assertEqual(result.stdout, expected)


@unittest.skipUnless((DATA / "apache-access.log.gz").exists(), "no logs: set STREAMUTILS_DATA to their folder")
class Apache(ToolTest):
    """Requests of a web server with a table of what is known of status codes."""

    TABLE = {200: "ok", 206: "part", 301: "moved", 304: "same", 404: "lost", 500: "broken"}
    LINE = re.compile(rb'(\S+) \S+ \S+ \[([^]]+)\] "(\S+) (\S+)[^"]*" (\d+) (\S+)')

    def test_enrichment(self):
        requests = []
        for line in log("apache-access.log.gz").splitlines():
            host, time, method, path, status, _ = (part.decode("utf-8", "replace")
                                                   for part in self.LINE.match(line).groups())
            requests.append({"host": host, "time": time, "method": method, "path": path, "status": int(status)})
        data = "".join(json.dumps(request) + "\n" for request in requests).encode()
        table = self.file("codes", "".join(json.dumps({"code": code, "means": means}) + "\n"
                                           for code, means in self.TABLE.items()).encode())
        result = run([str(BIN / "sjoin"), "on", "status=code", "table", table, "--type", "left", "--flat"], data)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        expected = [{**request, "right_means": self.TABLE[request["status"]]}
                    if request["status"] in self.TABLE else request for request in requests]
        self.assertGreater(len(expected), 9000)
        self.assertEqual(events(result.stdout), expected)


if __name__ == "__main__":
    unittest.main()
