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


def high_water_mark(pid):
    """The peak resident size of a running process in bytes so far; 0 once it has ended."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        lines = [line for line in status if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) * 1024 if lines else 0


def peak_memory(argv, stdin=subprocess.DEVNULL):
    """The peak resident size of a process in bytes, output to a pipe that is read.

    Sampled until the process ends, also while it writes nothing: wait4 would count the pages of Python,
    which forked it.
    """
    process = subprocess.Popen(argv, stdin=stdin, stdout=subprocess.PIPE, env=ENVIRONMENT)
    peak = 0
    while True:
        peak = max(peak, high_water_mark(process.pid))
        ready = select.select([process.stdout], [], [], 0.005)[0]
        if ready and not process.stdout.read1(1 << 20):
            break
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

    def answer_to(self, line, mark):
        """Seconds from the write of a line to the arrival of the one that holds `mark`."""
        begin = time.perf_counter()
        self.into.write(line)
        if not select.select([self.out], [], [], 10)[0]:
            raise RuntimeError("no output within ten seconds")
        seconds = time.perf_counter() - begin
        answer = self.out.read(1 << 16)
        if mark not in answer or answer.count(b"\n") != 1:
            raise RuntimeError(f"another answer than {mark} to {line}: {answer}")
        return seconds


# Times to come would not be believed.
BASE = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(
    minutes=47)


def time_at(second):
    return (BASE + datetime.timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ").encode()


def event_at(second):
    """A purchase, as a line."""
    return (b'{"ts":"%s","id":"e1","type":"purchase","amount":12.50,"region":"eu"}\n'
            % time_at(second))


def line_delays(stages, lag, count=500, pause=0.002):
    """The delays of events, one a second of event time, written one by one to idle, running stages.

    Each causes one line of output, which holds the time of the event `lag` events before.
    """
    with Pipeline(*stages) as pipeline:
        for second in range(lag):
            pipeline.into.write(event_at(second))
        time.sleep(0.2)
        delays = []
        for second in range(lag, count):
            delays.append(pipeline.answer_to(event_at(second), b'"%s"' % time_at(second - lag)))
            time.sleep(pause)
        return delays


def first_output(stages, line, runs=50):
    """The median of the seconds from the start of the first process to the first output."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        with Pipeline(*stages) as pipeline:
            pipeline.answer_to(line, line)
            times.append(time.perf_counter() - begin)
    return statistics.median(times)
