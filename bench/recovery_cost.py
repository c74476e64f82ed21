#!/usr/bin/env python3
"""What checkpoints every second cost with a million keys of state: throughput, processor time, and the delay of a row.

    bench/recovery_cost.py [FOLDER OF THE TOOLS] [KEYS] [EVENTS] [ROUNDS]

Throughput: sread | TOOL | swrite over one file in which every key comes again and again, with and without
--checkpoint, in turns, and the median of the ratios.  The clock stops when sread has read the file, because the end of
a stream (what is open leaves, the last epoch is committed) is no cost of a second.  On a machine that does other
things too, the processor time of all stages, with that of processes that they have forked, says more than the clock.

Delay: a row is caused right behind a barrier, when the state is to be saved, and without a barrier; the delay of one
stage, from writing to reading, and the time in fork(2), if strace(1) is there.
SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/bin").resolve()
KEYS = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
EVENTS = int(sys.argv[3]) if len(sys.argv) > 3 else 8 * KEYS
ROUNDS = int(sys.argv[4]) if len(sys.argv) > 4 else 3
START = 1_795_341_600
SESSION = ["swindow", "session", "1h", "count", "by", "k"]
STAGES = {"swindow": SESSION + ["--idle", "off"], "sdedup": ["sdedup", "k"]}
TICKS = os.sysconf("SC_CLK_TCK")


def events(path, count):
    """`count` events, each key again and again, a thousand in each second."""
    with open(path, "w", encoding="ascii") as file:
        for n in range(count):
            file.write(f'{{"ts":{START + n // 1000},"k":"user-{n * 7919 % KEYS}","v":{n % 1000}}}\n')


def processor_seconds(pid):
    """Of a process that has ended and was not waited for: its own, and that of its children."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    user, system, child_user, child_system = (int(field) / TICKS for field in fields[11:15])
    return user + system, child_user + child_system


class Run:
    """One run of the pipeline: how long it took, and what each stage did."""

    def __init__(self, folder, stage, saves):
        checkpoint = ["--checkpoint", "ck"] if saves else []
        shutil.rmtree(folder / "ck", ignore_errors=True)
        (folder / "out").unlink(missing_ok=True)
        lines = [["sread", "log", *checkpoint] + (["--checkpoint-every", "1s"] if saves else []),
                 [*stage, *checkpoint], ["swrite", *checkpoint, "out"]]
        begin = time.monotonic()
        processes = []
        for line in lines:
            source = processes[-1].stdout if processes else subprocess.DEVNULL
            sink = subprocess.PIPE if len(processes) < 2 else None
            processes.append(subprocess.Popen(  # pylint: disable=consider-using-with
                [str(BIN / line[0]), *line[1:]], cwd=folder, stdin=source, stdout=sink, stderr=subprocess.DEVNULL))
            if source != subprocess.DEVNULL:
                source.close()
        self.stages = {}
        for line, process in zip(lines, processes):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            if not self.stages:
                self.seconds = time.monotonic() - begin
            self.stages[line[0]] = processor_seconds(process.pid)
            if process.wait() != 0:
                sys.exit(f"{line[0]} has failed: {process.returncode}")
        self.processor = sum(own + children for own, children in self.stages.values())
        self.epochs, self.size = self.saved(folder, stage[0]) if saves else (0, 0)

    @staticmethod
    def saved(folder, name):
        files = [path for path in (folder / "ck").glob(name + ".*") if path.suffix[1:].isdigit()]
        newest = max(files, key=lambda path: int(path.suffix[1:]))
        # sread begins with epoch 2.
        return int(newest.suffix[1:]) - 1, newest.stat().st_size

    def describe(self):
        parts = [f"{name} {own:.2f}" + (f" + {children:.2f} forked" if children else "")
                 for name, (own, children) in self.stages.items()]
        text = f"{self.seconds:.2f} s, processor {self.processor:.2f} s ({', '.join(parts)})"
        return text + (f"; {self.epochs} epochs, the last of {self.size / 1e6:.0f} MB" if self.epochs else "")


def throughput(folder, name):
    pairs = []
    for _ in range(ROUNDS):
        pairs.append([Run(folder, STAGES[name], saves) for saves in (False, True)])
        print(f"{name} without: {pairs[-1][0].describe()}")
        print(f"{name} with:    {pairs[-1][1].describe()}", flush=True)
    # Of the run without: an epoch that the clock of a busy machine delays is one that is not paid for.
    for what in ("seconds", "processor"):
        costs = [100 * (getattr(saved, what) / getattr(plain, what) - 1) for plain, saved in pairs]
        word = "throughput" if what == "seconds" else "processor time"
        print(f"{name}: checkpoints cost {statistics.median(costs):.1f} % of {word} (median of {ROUNDS})")
    each = [1000 * (saved.processor - plain.processor) / max(saved.epochs, 1) for plain, saved in pairs]
    print(f"{name}: an epoch costs {statistics.median(each):.0f} ms of processor time", flush=True)


class Stage:
    """One swindow with many open sessions, fed by hand."""

    def __init__(self, folder, trace=()):
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [*trace, str(BIN / SESSION[0]), *SESSION[1:], "--checkpoint", str(folder / "ck2")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, bufsize=0)
        self.lines = os.fdopen(os.dup(self.process.stdout.fileno()), "rb")
        self.folder = folder / "ck2"
        self.put('{"~stream":{"begin":{"time":"ts","epoch":0}}}\n')
        for first in range(0, KEYS, 10_000):
            self.put("".join(f'{{"ts":{START + 7200},"k":"user-{n}"}}\n'
                             for n in range(first, min(KEYS, first + 10_000))))

    def put(self, text):
        data = text.encode()
        while data:
            data = data[os.write(self.process.stdin.fileno(), data):]

    def delay_of_row(self, number, barrier):
        """Seconds from writing what closes a session to reading its row."""
        self.put(f'{{"ts":{START + number},"k":"early-{number}"}}\n')
        time.sleep(0.5)
        begin = time.monotonic()
        text = f'{{"~stream":{{"barrier":{{"epoch":{number},"via":[]}}}}}}\n' if barrier else ""
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + number + 3601))
        self.put(text + f'{{"~stream":{{"watermark":"{when}"}}}}\n')
        while b'"window_start"' not in self.lines.readline():
            pass
        seconds = time.monotonic() - begin
        # sread sends no barrier before the last has been committed.
        while barrier and not (self.folder / f"{SESSION[0]}.{number}").exists():
            time.sleep(0.01)
        return seconds

    def end(self):
        self.process.stdin.close()
        self.lines.close()
        self.process.stdout.close()
        self.process.kill()
        self.process.wait()


def delay(folder):
    stage = Stage(folder)
    rows = {False: [], True: []}
    for number in range(1, 41):
        rows[number % 2 == 0].append(stage.delay_of_row(number, number % 2 == 0))
        time.sleep(0.7)
    stage.end()
    for barrier, name in ((False, "without"), (True, "behind")):
        values = [1000 * value for value in rows[barrier]]
        print(f"delay {name} a barrier: median {statistics.median(values):.1f} ms, most {max(values):.1f} ms")


def forks(folder):
    if not shutil.which("strace"):
        return
    trace = folder / "trace"
    stage = Stage(folder, ["strace", "-f", "--seccomp-bpf", "-T", "-e", "trace=clone,clone3,fork", "-o", str(trace)])
    for number in range(1, 6):
        stage.delay_of_row(number, True)
    stage.process.stdin.close()
    for _ in stage.lines:
        pass
    stage.process.wait()
    calls = re.findall(r" (?:clone3?|fork)\(.*<([0-9.]+)>$", trace.read_text(), re.MULTILINE)
    if calls:
        values = [1000 * float(call) for call in calls]
        print(f"in fork(2) or clone(2): median {statistics.median(values):.1f} ms, most {max(values):.1f} ms", flush=True)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        delay(folder)
        forks(folder)
        events(folder / "log", EVENTS)
        for stage in STAGES:
            throughput(folder, stage)


main()
