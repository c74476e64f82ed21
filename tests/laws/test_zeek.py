"""The windowed count of a real DNS log, held against an independent computation.

The log is not part of the project: STREAMUTILS_DATA names its folder, and without it the test is skipped.
SPDX-License-Identifier: Apache-2.0
"""

import collections
import datetime
import gzip
import json
import os
import pathlib
import subprocess
import unittest

from harness import BIN, ToolTest, clean_environment, run

LOG = pathlib.Path(os.environ.get("STREAMUTILS_DATA", "")) / "zeek-dns.ndjson.gz"
MINUTE = datetime.timedelta(minutes=1)


def minute_of(moment):
    return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).replace(second=0, microsecond=0)


def spelled(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def expected_rows(events):
    """Rows in the order of the contract: by window, then keys as first seen in it."""
    counts = collections.defaultdict(dict)
    for event in events:
        if event.get("qtype_name") == "A":
            window = counts[minute_of(event["ts"])]
            window[event.get("id.orig_h")] = window.get(event.get("id.orig_h"), 0) + 1
    return [{"window_start": spelled(minute), "window_end": spelled(minute + MINUTE), "id.orig_h": key, "count": n}
            for minute in sorted(counts) for key, n in counts[minute].items()]


@unittest.skipUnless(LOG.exists(), f"no {LOG.name}: set STREAMUTILS_DATA to the folder of the logs")
class Zeek(ToolTest):
    def setUp(self):
        super().setUp()
        self.data = gzip.decompress(LOG.read_bytes())
        self.expected = expected_rows(json.loads(line) for line in self.data.splitlines())

    def pipeline(self, *options):
        script = " ".join(["sfilter qtype_name=A | swindow tumbling 1m count by id.orig_h --disorder 15m", *options])
        path = f"{BIN}:{os.environ['PATH']}"
        return subprocess.run(["bash", "-o", "pipefail", "-c", script], input=self.data, capture_output=True,
                              env=clean_environment(PATH=path))

    def test_equals_an_independent_computation(self):
        result = self.pipeline()
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertEqual([json.loads(line) for line in result.stdout.splitlines()], self.expected)

    def test_the_advice_about_late_events_is_right(self):
        """With the default disorder events are late; the command line that is named keeps them all."""
        argv = [str(BIN / "swindow"), "tumbling", "1m", "count", "by", "id.orig_h"]
        first = run(argv, self.data)
        self.assertEqual(first.returncode, 1)
        advice = first.stderr.decode().split("this keeps them: ")[1].split("\n")[0]
        second = run([str(BIN / "swindow"), *advice.split()[1:]], self.data)
        self.assertEqual((second.returncode, second.stderr), (0, b""))


if __name__ == "__main__":
    unittest.main()
