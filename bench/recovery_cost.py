#!/usr/bin/env python3
"""What checkpoints cost with a million keys of state: throughput, and the delay of a row behind a barrier.

    bench/recovery_cost.py [FOLDER OF THE TOOLS] [KEYS]

Throughput: sread | swindow | swrite over one file, with and without --checkpoint, in turns, the median of
the ratios.  Delay: a row is caused right behind a barrier, when the state has just been taken, and without
a barrier; the delay of one stage, from writing to reading.
SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/bin").resolve()
KEYS = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
START = 1_795_341_600
ROUNDS = 5
SESSION = ["session", "1h", "count", "by", "k"]


def events(path, count):
    """`count` events, each key again and again, a thousand in each second."""
    with open(path, "w", encoding="ascii") as file:
        for n in range(count):
            file.write(f'{{"ts":{START + n // 1000},"k":"user-{n * 7919 % KEYS}","v":{n % 1000}}}\n')


def seconds(folder, checkpoint):
    shell = f"""cd {folder}; rm -rf ck out
        {BIN}/sread log {checkpoint} | {BIN}/swindow {' '.join(SESSION)} --idle off {checkpoint and '--checkpoint ck'} |
        {BIN}/swrite {checkpoint and '--checkpoint ck'} out"""
    begin = time.monotonic()
    subprocess.run(["bash", "-c", shell], check=True, stderr=subprocess.DEVNULL)
    return time.monotonic() - begin


def throughput(folder):
    events(folder / "log", 3 * KEYS)
    ratios = []
    for _ in range(ROUNDS):
        plain = seconds(folder, "")
        saved = seconds(folder, "--checkpoint ck --checkpoint-every 1s")
        ratios.append(saved / plain)
        print(f"throughput: {plain:.2f} s without, {saved:.2f} s with checkpoints every second")
    print(f"throughput: checkpoints cost {100 * (statistics.median(ratios) - 1):.1f} % (median of {ROUNDS})")


class Stage:
    """One swindow with many open sessions, fed by hand."""

    def __init__(self, folder):
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [str(BIN / "swindow"), *SESSION, "--checkpoint", str(folder / "ck2")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, bufsize=0)
        self.lines = os.fdopen(os.dup(self.process.stdout.fileno()), "rb")
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
        return time.monotonic() - begin


def delay(folder):
    stage = Stage(folder)
    rows = {False: [], True: []}
    for number in range(1, 21):
        rows[number % 2 == 0].append(stage.delay_of_row(number, number % 2 == 0))
        time.sleep(1)
    stage.process.kill()
    for barrier, name in ((False, "without"), (True, "behind")):
        values = [1000 * value for value in rows[barrier]]
        print(f"delay {name} a barrier: median {statistics.median(values):.1f} ms, most {max(values):.1f} ms")


def main():
    with tempfile.TemporaryDirectory() as name:
        delay(pathlib.Path(name))
        throughput(pathlib.Path(name))


main()
