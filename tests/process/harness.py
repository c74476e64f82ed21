"""What the process tests share: which tools there are, and how to run them.

The build says by STREAMUTILS_BIN where the binaries are and by STREAMUTILS_TOOLS which are tools.  A test
for all tools is a loop over TOOLS; a new tool needs one row in ARGUMENTS and is then held to all of them.
SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

BIN = pathlib.Path(os.environ.get("STREAMUTILS_BIN", "build/bin")).resolve()
TOOLS = os.environ.get("STREAMUTILS_TOOLS", "sfilter,swindow").split(",")

# Arguments with which the tool reads standard input and writes something for the events below.
ARGUMENTS = {
    "sdedup": ["n"],
    "sfilter": [],
    "sjoin": ["on", "n", "within", "1s", "--type", "full", "/dev/null"],
    "smap": [],
    "sread": ["--replay", "--control", "never"],
    "swindow": ["tumbling", "1s", "count"],
    "swrite": [],
    "sgroup": ["ts", "count", "last", "n", "--changes"],
}

# How long anything may take that should happen at once; generous, for slow and shared machines.
PATIENCE = 20


def event(second, **members):
    return json.dumps({"ts": f"2026-11-22T10:{second // 60:02d}:{second % 60:02d}Z", **members},
                      separators=(",", ":"))


def lines_of(*lines):
    return "".join(line + "\n" for line in lines).encode()


GOOD = lines_of(*(event(second, n=second) for second in range(10)))
BAD = lines_of(event(0), "no event", event(5))

BEGIN = '{"~stream":{"begin":{"time":"ts"}}}'
END = '{"~stream":{"end":true}}'


def clean_environment(**more):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("STREAMUTILS_")}
    return {**environment, **more}


def command(tool, *options):
    """The tool with options and its usual arguments."""
    return [str(BIN / tool), *options, *ARGUMENTS[tool]]


def run(argv, stdin=b"", **more):
    """Runs to the end; standard input is a pipe."""
    return subprocess.run(argv, input=stdin, capture_output=True, timeout=120, env=clean_environment(),
                          **more)


def shell(script, **more):
    """Runs a shell script with the tools on its PATH."""
    path = f"{BIN}:{os.environ['PATH']}"
    return subprocess.run(["bash", "-c", script], capture_output=True, timeout=120,
                          env=clean_environment(PATH=path), **more)


class Running:
    """A tool that is running, with pipes on all sides."""

    def __init__(self, argv, **more):
        more.setdefault("stdin", subprocess.PIPE)
        more.setdefault("stdout", subprocess.PIPE)
        self.process = subprocess.Popen(argv, stderr=subprocess.PIPE, env=clean_environment(), bufsize=0,
                                        **more)
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe and not pipe.closed:
                pipe.close()
        self.process.wait()

    def put(self, data):
        self.process.stdin.write(data)

    def line(self, patience=PATIENCE, of="stdout"):
        """The next line of output, without its end, or None if there is none for so long."""
        pipe = getattr(self.process, of)
        deadline = time.monotonic() + patience
        while b"\n" not in self.unread:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                return None
            more = os.read(pipe.fileno(), 1 << 16)
            if not more:
                return None
            self.unread += more
        line, self.unread = self.unread.split(b"\n", 1)
        return line.decode()

    def is_running(self):
        return self.process.poll() is None

    def send(self, what):
        self.process.send_signal(what)

    def status(self, patience=PATIENCE):
        return self.process.wait(patience)

    def messages(self):
        return self.process.stderr.read().decode()


class ToolTest(unittest.TestCase):
    """A test with a folder of its own, and a loop over all tools."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="streamutils-test-"))
        self.addCleanup(shutil.rmtree, self.folder)

    tool = ""

    def each_tool(self):
        for self.tool in TOOLS:
            yield self.tool

    def each_reader(self):
        """The tools whose operands at the end are files to read: all but swrite, which writes its own."""
        for self.tool in TOOLS:
            if self.tool != "swrite":
                yield self.tool

    def _formatMessage(self, msg, standardMsg):
        """A failure inside a loop over the tools names the tool."""
        return super()._formatMessage(f"{self.tool} {msg or ''}".strip() or None, standardMsg)

    def file(self, name, data=b""):
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def assert_says(self, text, *parts):
        text = text.decode(errors="replace") if isinstance(text, bytes) else text
        for part in parts:
            self.assertIn(part, text)


def ignore_sigpipe():
    """For preexec_fn: Python ignores SIGPIPE itself and gives children the default; this keeps it ignored."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
