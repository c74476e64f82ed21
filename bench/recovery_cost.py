#!/usr/bin/env python3
"""What checkpoints every second cost with a million keys of state: throughput, processor time, and the delay of a line.

    bench/recovery_cost.py [--tools FOLDER] [--keys N] [--events N] [--rounds N] [STAGE …]

Throughput: sread | STAGE | swrite over files in which every key comes again and again, with and without --checkpoint,
in turns, and the median of the ratios.  The clock starts when sread has read a third of the file: until then the state
grows, and how long the system takes to give memory differs more from run to run than all that is measured here.  It
stops when sread has read the file, because the end of a stream (what is open leaves, the last epoch is committed) is no
cost of a second.  On a machine that does other things too, the processor time of all stages, with that of processes
that they have forked, says more than the clock.

Delay: one stage with its million keys is fed at a steady pace, and a control line follows each few milliseconds of
events; it is forwarded in order, so that it tells how long a line takes from writing to reading.  A barrier comes every
second, or none does.  There, only some of the keys change in a second (--rate), and the difference of processor time
tells what an epoch of those costs.
SPDX-License-Identifier: Apache-2.0
"""

import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

START = 1_795_358_500  # 14:41:40 UTC: a slice of three hours ends while the state is filled, and none after that
TICKS = os.sysconf("SC_CLK_TCK")
PACE = 0.005  # seconds between two chunks of a paced stream
CHUNK = 500  # events in each while it is filled
SECONDS = 12  # of a paced stream
STAGES = {
    "dedup": ["sdedup", "k"],
    "last": ["sdedup", "k", "--keep", "last", "--within", "12h"],
    "counts": ["sdedup", "k", "--count-to", "/dev/null", "--within", "12h"],
    "tumbling": ["swindow", "tumbling", "12h", "count", "sum", "v", "by", "k"],
    "sliding": ["swindow", "sliding", "12h", "3h", "count", "sum", "v", "by", "k"],
    "grace": ["swindow", "sliding", "12h", "3h", "count", "sum", "v", "by", "k", "--grace", "1h"],
    "cumulate": ["swindow", "cumulate", "12h", "3h", "count", "sum", "v", "by", "k"],
    "rolling": ["swindow", "rolling", "{whole}s", "count", "sum", "v", "by", "k"],
    "rows": ["swindow", "tumbling", "100rows", "count", "sum", "v", "by", "k"],
    "rows-sliding": ["swindow", "sliding", "9rows", "3rows", "count", "sum", "v", "by", "k"],
    "session": ["swindow", "session", "4h", "count", "by", "k"],
    "group": ["sgroup", "k", "count", "sum", "v"],
    "asof": ["sjoin", "on", "k", "asof", "-", "right"],
    "join": ["sjoin", "on", "k", "within", "{half}s", "-", "right"],
}
TIMED = ["--idle", "off"]


def words_of(stage, keys):
    """A join and a rolling window hold so many events, of which a thousand come in each second."""
    words = [word.format(half=keys // 2000, whole=keys // 1000) for word in STAGES[stage]]
    return words + (TIMED if words[0] in ("swindow", "sjoin") else [])


def line_of(number, key):
    return f'{{"ts":{START + number // 1000},"k":"user-{key}","v":{number % 1000}}}\n'


def events(path, count, key_of):
    """A thousand in each second."""
    with open(path, "w", encoding="ascii") as file:
        for number in range(count):
            file.write(line_of(number, key_of(number)))


def processor_seconds(pid):
    """Of a process that was not waited for: its own, and that of its children."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    user, system, child_user, child_system = (int(field) / TICKS for field in fields[11:15])
    return user + system, child_user + child_system


def wait_until_read(pid, path, share):
    """Until the process stands so far in the file."""
    wanted = share * path.stat().st_size
    while True:
        for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            try:
                is_it = os.path.samefile(fd, path)
                position = pathlib.Path(f"/proc/{pid}/fdinfo/{fd.name}").read_text(encoding="ascii")
            except OSError:
                continue  # it was closed in between
            if is_it and int(re.search(r"pos:\s*(\d+)", position)[1]) >= wanted:
                return
        time.sleep(0.002)


class Run:
    """One run of the pipeline: how long it took, and what each stage did."""

    def __init__(self, options, folder, stage, saves):
        self.tools = options.tools
        self.folder = folder
        self.checkpoint = ["--checkpoint", "ck"] if saves else []
        shutil.rmtree(folder / "ck", ignore_errors=True)
        (folder / "out").unlink(missing_ok=True)
        every = ["--checkpoint-every", "1s"] if saves else []
        words = words_of(stage, options.keys)
        right = []
        if words[0] == "sjoin":
            follow = ["--follow-epochs=sread"] if saves else []
            right.append(self.start(["sread", "log.right", "--name", "right", *follow], None, folder / "right"))
        first = self.start(["sread", "log.left" if right else "log", *every], None, subprocess.PIPE)
        middle = self.start(words, first.stdout, subprocess.PIPE)
        last = self.start(["swrite", "out"], middle.stdout, None)
        processes = [first, *right, middle, last]
        wait_until_read(first.pid, folder / ("log.left" if right else "log"), 1 / 3)
        begin = time.monotonic()
        before = {process.pid: processor_seconds(process.pid) for process in processes}
        self.stages = {}
        for process in processes:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            if not self.stages:
                self.seconds = time.monotonic() - begin
            spent = [now - then for now, then in zip(processor_seconds(process.pid), before[process.pid])]
            self.stages[f"{process.args[0].rsplit('/', 1)[1]}"] = spent
            if process.wait() != 0:
                sys.exit(f"{process.args} has failed: {process.returncode}")
        self.processor = sum(own + children for own, children in self.stages.values())
        self.epochs, self.size = self.saved(words[0]) if saves else (0, 0)

    def start(self, words, source, sink):
        if isinstance(sink, pathlib.Path):
            sink.unlink(missing_ok=True)
            os.mkfifo(sink)
            sink = os.open(sink, os.O_RDWR)
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [str(self.tools / words[0]), *words[1:], *self.checkpoint], cwd=self.folder,
            stdin=source or subprocess.DEVNULL, stdout=sink, stderr=subprocess.DEVNULL)
        if source:
            source.close()
        if isinstance(sink, int) and sink >= 0:
            os.close(sink)
        return process

    def saved(self, name):
        files = [path for path in (self.folder / "ck").glob(name + ".*") if path.suffix[1:].isdigit()]
        newest = max(files, key=lambda path: int(path.suffix[1:]))
        # sread begins with epoch 2.
        return int(newest.suffix[1:]) - 1, newest.stat().st_size

    def describe(self):
        parts = [f"{name} {own:.2f}" + (f" + {children:.2f} forked" if children else "")
                 for name, (own, children) in self.stages.items()]
        text = f"{self.seconds:.2f} s, processor {self.processor:.2f} s ({', '.join(parts)})"
        return text + (f"; {self.epochs} epochs, the last of {self.size / 1e6:.0f} MB" if self.epochs else "")


def throughput(options, folder, stage):
    pairs = []
    for number in range(options.rounds):
        order = (False, True) if number % 2 == 0 else (True, False)
        runs = {saves: Run(options, folder, stage, saves) for saves in order}
        pairs.append((runs[False], runs[True]))
        print(f"{stage} without: {runs[False].describe()}")
        print(f"{stage} with:    {runs[True].describe()}", flush=True)
    # Of the run without: an epoch that the clock of a busy machine delays is one that is not paid for.
    for what in ("seconds", "processor"):
        costs = [100 * (getattr(saved, what) / getattr(plain, what) - 1) for plain, saved in pairs]
        word = "time" if what == "seconds" else "processor time"
        print(f"{stage}: checkpoints cost {statistics.median(costs):.1f} % of {word} (median of {len(pairs)})")
    each = [1000 * (saved.processor - plain.processor) / max(saved.epochs, 1) for plain, saved in pairs]
    print(f"{stage}: an epoch costs {statistics.median(each):.0f} ms of processor time", flush=True)


class Paced:
    """One stage with a million keys, fed by hand."""

    def __init__(self, options, folder, stage):
        self.words = words_of(stage, options.keys)
        self.keys = options.keys
        self.chunk = int(options.rate * PACE)
        self.number = 0
        self.told = START  # the watermark
        self.folder = folder / "ck2"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.right = None
        if self.words[0] == "sjoin":
            (folder / "right2").unlink(missing_ok=True)
            os.mkfifo(folder / "right2")
            self.words[self.words.index("right")] = str(folder / "right2")
            self.right = os.open(folder / "right2", os.O_RDWR)
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [str(options.tools / self.words[0]), *self.words[1:], "--checkpoint", str(self.folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
        self.sent = {}
        self.delays = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        self.control('{"begin":{"time":"ts","epoch":0}}')
        while self.number < 2 * options.keys:
            self.events(CHUNK)
            self.pass_time()
        self.probe("filled")
        self.drain()
        self.delays.clear()

    def put(self, fd, text):
        data = text if isinstance(text, bytes) else text.encode()
        while data:
            data = data[os.write(fd, data):]

    def control(self, body):
        for fd in [self.process.stdin.fileno()] + ([self.right] if self.right is not None else []):
            self.put(fd, f'{{"~stream":{body}}}\n')

    def events(self, count):
        """Each key comes again and again; in a join within a time, none does."""
        numbers = range(self.number, self.number + count)
        self.number += count
        if self.right is None:
            text = "".join(line_of(number, number * 7919 % self.keys) for number in numbers)
            return self.put(self.process.stdin.fileno(), text)
        key_of = (lambda number: number) if "within" in self.words else (lambda number: number // 2 * 7919 % self.keys)
        for fd, side in ((self.process.stdin.fileno(), numbers[::2]), (self.right, numbers[1::2])):
            self.put(fd, "".join(line_of(number, key_of(number)) for number in side))

    def pass_time(self):
        """A watermark when there is a new one, as a source does."""
        if START + self.number // 1000 == self.told:
            return
        self.told = START + self.number // 1000
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.told))
        self.control(f'{{"watermark":"{when}"}}')

    def probe(self, name):
        """A line on the first input; it passes in its order."""
        self.sent[name] = time.monotonic()
        self.put(self.process.stdin.fileno(), f'{{"~stream":{{"probe":"{name}"}}}}\n')

    def drain(self):
        """Until all probes have passed; in a join, a line waits until the other input is as far."""
        while self.sent:
            time.sleep(0.01)
            if self.right is not None:
                self.events(2)
                self.pass_time()

    def read(self):
        rest = b""
        while block := os.read(self.process.stdout.fileno(), 1 << 16):
            now = time.monotonic()
            rest += block
            for name in re.findall(rb'\{"~stream":\{"probe":"(\w+)"\}\}\n', rest):
                self.delays.append(now - self.sent.pop(name.decode()))
            rest = rest[rest.rfind(b"\n") + 1:]

    def delays_in(self, seconds, first_epoch):
        """Of all probes of a stretch of time; barriers from first_epoch on, none if that is None."""
        self.delays.clear()
        spent = sum(processor_seconds(self.process.pid))
        begin = time.monotonic()
        epoch, due = first_epoch, begin
        for step in range(int(seconds / PACE)):
            time.sleep(max(0.0, begin + step * PACE - time.monotonic()))
            # sread sends no barrier before the last has been committed.
            if epoch is not None and time.monotonic() >= due and self.is_saved(epoch - 1):
                self.control(f'{{"barrier":{{"epoch":{epoch},"via":[]}}}}')
                epoch, due = epoch + 1, due + 1
            self.probe(f"p{first_epoch}x{step}")
            self.events(self.chunk)
            self.pass_time()
        self.drain()
        while epoch is not None and not self.is_saved(epoch - 1):
            time.sleep(0.01)
        return [1000 * delay for delay in self.delays], epoch, sum(processor_seconds(self.process.pid)) - spent

    def is_saved(self, epoch):
        return epoch == 0 or (self.folder / f"{self.words[0]}.{epoch}").exists()

    def end(self):
        self.process.kill()
        self.reader.join()
        self.process.wait()
        if self.right is not None:
            os.close(self.right)


def describe_delays(values):
    values = sorted(values)
    at = [values[min(len(values) - 1, int(share * len(values)))] for share in (0.5, 0.99, 0.999, 1)]
    return "median {:.1f} ms, 99 % {:.1f} ms, 99.9 % {:.1f} ms, most {:.1f} ms".format(*at)


def delay(options, folder, stage):
    paced = Paced(options, folder, stage)
    without, behind, epoch = [], [], 1
    more = 0
    for _ in range(options.rounds):
        values, _, plain = paced.delays_in(SECONDS / options.rounds, None)
        without += values
        values, epoch, saving = paced.delays_in(SECONDS / options.rounds, epoch)
        behind += values
        more += saving - plain
    paced.end()
    rate = options.rate / 1000
    print(f"{stage}, {rate:.0f} thousand events a second: an epoch costs {1000 * more / max(epoch - 1, 1):.0f} ms of "
          "processor time")
    print(f"{stage}, {rate:.0f} thousand events a second: delay without barriers: {describe_delays(without)}")
    print(f"{stage}, {rate:.0f} thousand events a second: with {epoch - 1:2} barriers:    {describe_delays(behind)}",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description="what checkpoints every second cost")
    parser.add_argument("--tools", type=lambda text: pathlib.Path(text).resolve(),
                        default=pathlib.Path("build/bin").resolve())
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, help="eight for each key if not given")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=100_000, help="events a second of the paced stream")
    parser.add_argument("--only", choices=["delay", "throughput"])
    parser.add_argument("stages", nargs="*", choices=[*STAGES, []])
    options = parser.parse_args()
    count = options.events or 8 * options.keys
    stages = options.stages or list(STAGES)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if options.only != "delay":
            events(folder / "log", count, lambda number: number * 7919 % options.keys)
        if options.only != "delay" and any(STAGES[stage][0] == "sjoin" for stage in stages):
            events(folder / "log.left", count // 2, lambda number: number)
            events(folder / "log.right", count // 2, lambda number: number + count)
        for stage in stages:
            if options.only != "throughput":
                delay(options, folder, stage)
            if options.only != "delay":
                throughput(options, folder, stage)


main()
