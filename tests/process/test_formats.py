"""sread on real logs equals an independent reading of them by regular expressions.

SPDX-License-Identifier: Apache-2.0
"""

import csv
import datetime
import gzip
import io
import json
import os
import pathlib
import re
import unittest

from harness import BIN, ToolTest, run

DATA = pathlib.Path(os.environ.get("STREAMUTILS_DATA", "../shared/data"))

COMBINED = re.compile(r'(\S+) (\S+) (.+?) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d+|-) (\d+|-) '
                      r'"((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"')
SYSLOG = re.compile(r"(\w{3} [ \d]\d \d\d:\d\d:\d\d) (\S+) (?:([^\s:\[]+)(?:\[([^\]]*)\])?: ?)?(.*)")


def real(name):
    path = DATA / f"{name}.gz"
    if not path.exists():
        raise unittest.SkipTest(f"{path} is not there")
    with gzip.open(path, "rb") as file:
        return file.read()


def lines_of_bytes(data):
    """One character for each byte, so that escapes can stand for bytes."""
    return data.decode("latin-1").split("\n")[:-1]


def text_of(bytes_as_text):
    return bytes_as_text.encode("latin-1").decode("utf-8", "replace")


def unescape(text):
    plain = re.sub(r"\\(x[0-9a-fA-F]{2}|.)",
                   lambda m: chr(int(m.group(1)[1:], 16)) if m.group(1)[0] == "x" and len(m.group(1)) == 3
                   else {"n": "\n", "t": "\t", "r": "\r"}.get(m.group(1), m.group(1)), text)
    return text_of(plain)


def value(text):
    return None if text == "-" else unescape(text)


def number(text):
    return None if text == "-" else int(text)


def combined_event(line):
    match = COMBINED.fullmatch(line)
    if not match:
        return None
    host, ident, user, time, request, status, size, referrer, agent = match.groups()
    time = datetime.datetime.strptime(time, "%d/%b/%Y:%H:%M:%S %z")
    event = {"ts": time.isoformat().replace("+00:00", "Z"), "host": host, "ident": value(ident),
             "user": value(user)}
    parts = re.fullmatch(r"([A-Za-z]+) (.+) (HTTP/\S*)", unescape(request))
    event |= dict(zip(("method", "path", "protocol"), parts.groups() if parts else (None,) * 3))
    if not parts and request != "-":
        event["request"] = unescape(request)
    return event | {"status": number(status), "bytes": number(size), "referrer": value(referrer),
                    "agent": value(agent)}


def syslog_events(lines, year):
    last = None
    for line in lines:
        text, host, app, pid, message = SYSLOG.fullmatch(line).groups()
        time = datetime.datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S")
        if last and time < last - datetime.timedelta(days=180):
            year += 1
            time = time.replace(year=year)
        last = time
        yield {"ts": time.isoformat() + "Z", "host": host, "app": app, "pid": pid,
               "message": text_of(message)}


class RealLogs(ToolTest):
    def sread(self, data, *options):
        result = run([str(BIN / "sread"), "--control", "never", *options], data)
        return [json.loads(line) for line in result.stdout.splitlines()], result

    def test_an_access_log(self):
        data = real("apache-access.log")
        bad = self.folder / "bad"
        events, _ = self.sread(data, "--format", "combined", "--bad-to", str(bad))
        wanted = [combined_event(line) for line in lines_of_bytes(data)]
        self.assertEqual(events, [event for event in wanted if event])
        refused = [json.loads(line)["text"] for line in bad.read_text().splitlines()]
        self.assertEqual(refused, [text_of(line) for line, event in zip(lines_of_bytes(data), wanted) if not event])
        self.assertGreater(len(events), 9900)

    def test_a_log_of_logins(self):
        data = real("auth.log")
        events, result = self.sread(data, "--format", "syslog", "--year", "2015")
        self.assertEqual(events, list(syslog_events(lines_of_bytes(data), 2015)))
        self.assertEqual((result.stderr, result.returncode), (b"", 0))

    def test_the_year_comes_from_the_file(self):
        path = self.file("auth.log", b"Dec 31 10:00:00 h a: m\nJan  1 10:00:00 h a: m\n")
        new_year = datetime.datetime(2021, 1, 1, 12, tzinfo=datetime.timezone.utc).timestamp()
        os.utime(path, (new_year, new_year))
        events, _ = self.sread(b"", "--format", "syslog", path)
        self.assertEqual([event["ts"] for event in events], ["2020-12-31T10:00:00Z", "2021-01-01T10:00:00Z"])

    def test_csv_of_python(self):
        rows = [["a", 'q"x"', "1,5"], ["", "two\nlines", "é"], ["\r\n", '"', ",,"]] * 50
        text = io.StringIO(newline="")
        csv.writer(text).writerows([["x", "y", "z"], *rows])
        events, result = self.sread(text.getvalue().encode(), "--format", "csv")
        self.assertEqual([list(event.values()) for event in events], rows)
        self.assertEqual((result.stderr, result.returncode), (b"", 0))


if __name__ == "__main__":
    unittest.main()
