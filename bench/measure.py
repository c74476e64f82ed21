"""Measuring processes: time, memory, start-up, and the delay of single lines through a pipeline.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import datetime
import os
import select
import statistics
import subprocess
import time

ENVIRONMENT = dict(os.environ, LC_ALL="C")


def run(command, output):
    """Seconds that a shell pipeline takes with its output in a fresh regular file.

    Not /dev/null: grep stops at its first match there.  Status 1 is grep's "nothing found" and the
    tools' "bad records were skipped", and the answers are compared anyway.
    """
    with contextlib.suppress(FileNotFoundError):
        os.unlink(output)
    with open(output, "wb") as out:
        begin = time.perf_counter()
        done = subprocess.run(["bash", "-o", "pipefail", "-c", " ".join(command.split("\n"))],
                              stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE,
                              env=ENVIRONMENT)
        seconds = time.perf_counter() - begin
    if done.returncode > 1:
        raise RuntimeError(f"{command}\nexit status {done.returncode}: {done.stderr.decode()}")
    return seconds


def start_up(argv, runs=200):
    """The median of the seconds from spawn to exit, without input."""
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)]
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        os.waitpid(os.posix_spawn(argv[0], argv, ENVIRONMENT, file_actions=actions), 0)
        times.append(time.perf_counter() - begin)
    os.close(null)
    return statistics.median(times)


def peak_memory(argv, stdin=subprocess.DEVNULL):
    """The peak resident size of a process in bytes, output to a pipe that is read.

    VmHWM, sampled until the process ends: wait4 would count the pages of Python, which forked it.
    """
    process = subprocess.Popen(argv, stdin=stdin, stdout=subprocess.PIPE, env=ENVIRONMENT)
    peak = 0
    while process.stdout.read1(1 << 20):
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    peak = max(peak, int(line.split()[1]) * 1024)
    process.wait()
    process.stdout.close()
    return peak


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


class Pipeline:
    """Running processes, one's output the next one's input, with our hands on both ends."""

    def __init__(self, *stages):
        self.processes = []
        stdin = subprocess.PIPE
        for stage in stages:
            process = subprocess.Popen(stage, stdin=stdin, stdout=subprocess.PIPE, bufsize=0,
                                       env=ENVIRONMENT)
            if stdin != subprocess.PIPE:
                stdin.close()
            stdin = process.stdout
            self.processes.append(process)
        self.into = self.processes[0].stdin
        self.out = self.processes[-1].stdout

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.into.close()
        while self.out.read(1 << 16):
            pass
        for process in self.processes:
            process.wait()
        self.out.close()

    def answer_to(self, line):
        """Seconds from the write of a line to the arrival of output."""
        begin = time.perf_counter()
        self.into.write(line)
        if not select.select([self.out], [], [], 10)[0]:
            raise RuntimeError("no output within ten seconds")
        seconds = time.perf_counter() - begin
        self.out.read(1 << 16)
        return seconds


def event_at(seconds):
    """A purchase, some seconds after 47 minutes ago (times to come would not be believed)."""
    base = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    t = base - datetime.timedelta(minutes=47) + datetime.timedelta(seconds=seconds)
    return (b'{"ts":"%s","id":"e1","type":"purchase","amount":12.50,"region":"eu"}\n'
            % t.strftime("%Y-%m-%dT%H:%M:%SZ").encode())


def line_delays(stages, lines, pause=0.002):
    """The delays of lines that each cause output, written one by one to idle, running stages."""
    with Pipeline(*stages) as pipeline:
        pipeline.into.write(lines[0])
        time.sleep(0.2)
        if select.select([pipeline.out], [], [], 0)[0]:
            pipeline.out.read(1 << 16)
        delays = []
        for line in lines[1:]:
            delays.append(pipeline.answer_to(line))
            time.sleep(pause)
        return delays


def first_output(stages, line, runs=50):
    """The median of the seconds from the start of the first process to the first output."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        with Pipeline(*stages) as pipeline:
            pipeline.answer_to(line)
            times.append(time.perf_counter() - begin)
    return statistics.median(times)
