"""A pipeline with --checkpoint whose processes can be killed one by one, for the tests of recovery.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time

from harness import BIN, clean_environment

# A filter for lines that is not ours: it hands on all lines, but not fast, so that there is time to
# kill somebody.
# Where the file "hold" stands beside it, slow enough for any machine: who waits for an epoch takes it away.
SLOW = """
import os, signal, sys, time
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
begin = time.monotonic()
while block := os.read(0, 1 << 14):
    os.write(1, block)
    is_held = time.monotonic() > begin + 0.5 and os.path.exists("hold")
    time.sleep(max(float(sys.argv[1]), 0.1 if is_held else 0))
"""


BRANCH = "{branch}"


class Pipeline:
    """`stages` are argument vectors; the tools among them stand in the folder of the build.

    `branch` is a second pipeline, whose output is what the word BRANCH in `stages` stands for, as <(…) would be.
    """

    def __init__(self, folder, stages, environment=None, branch=()):
        self.folder = pathlib.Path(folder)
        self.branch = list(branch)
        self.environment = clean_environment(STREAMUTILS_CHECKPOINT=str(self.folder / "ck"),
                                             **(environment or {}))
        self.stages = stages
        self.processes = []

    def start(self, limit_of=None, limit=0):
        """limit_of: the stage whose files may not grow beyond `limit` bytes."""
        self.processes = []
        self.limited = (limit_of, limit)
        joint = os.pipe() if self.branch else None
        source = subprocess.DEVNULL
        for number, stage in enumerate(self.stages):
            if number == len(self.stages) - 1:
                source = self.start_stage(stage, source, subprocess.DEVNULL, joint)
            elif number == 0:
                target, following = self.narrow_link()
                self.start_stage(stage, source, target, joint)
                source = following
            else:
                source = self.start_stage(stage, source, subprocess.PIPE, joint)
        source = subprocess.DEVNULL
        for number, stage in enumerate(self.branch):
            last = number == len(self.branch) - 1
            source = self.start_stage(stage, source, os.fdopen(joint[1], "wb") if last else subprocess.PIPE)
        if joint:
            os.close(joint[0])

    def start_stage(self, stage, source, target, joint=None):
        """Returns its standard output, if that is a new pipe.  Closes the ends of pipes that it takes over."""
        number = len(self.processes)
        uses_branch = joint is not None and BRANCH in stage
        words = [f"/dev/fd/{joint[0]}" if joint and word == BRANCH else word for word in stage]
        argv = [str(BIN / words[0]) if (BIN / words[0]).exists() else words[0], *words[1:]]

        def prepare():
            os.setpgid(0, self.processes[0].pid if self.processes else 0)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            if number == self.limited[0]:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (self.limited[1], self.limited[1]))

        with open(self.folder / f"stderr.{number}", "ab") as errors:
            process = subprocess.Popen(  # pylint: disable=consider-using-with
                argv, stdin=source, stdout=target, stderr=errors, env=self.environment, cwd=self.folder,
                preexec_fn=prepare, pass_fds=(joint[0],) if uses_branch else ())
        for end in (source, target):
            if not isinstance(end, int):
                end.close()
        self.processes.append(process)
        return process.stdout

    @staticmethod
    def narrow_link():
        """Between the source and the next: holds little, where a pipe would take a whole log at once."""
        ends = socket.socketpair()
        for end in ends:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 14)
        return ends

    def kill(self, number, what=signal.SIGKILL):
        self.processes[number].send_signal(what)

    def kill_all(self, what=signal.SIGKILL):
        """The processes and what works for them in the background."""
        try:
            os.killpg(self.processes[0].pid, what)
        except ProcessLookupError:
            pass

    def is_running(self):
        return any(process.poll() is None for process in self.processes)

    def wait(self, patience=120):
        """The exit statuses; negative: died of that signal.  What a stage that was killed has left behind in
        the background may live on, into the next run."""
        deadline = time.monotonic() + patience
        try:
            return [process.wait(max(1, deadline - time.monotonic())) for process in self.processes]
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise

    def run(self, **more):
        self.start(**more)
        return self.wait()

    def messages(self):
        return "".join((self.folder / f"stderr.{i}").read_text(errors="replace")
                       for i in range(len(self.stages) + len(self.branch)) if (self.folder / f"stderr.{i}").exists())


def record_syncs(folder):
    """The folder in which processes note what they have synced (fsync_recorder.c), and the variables that make them."""
    library = folder / "recorder.so"
    source = pathlib.Path(__file__).with_name("fsync_recorder.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    store = folder / "synced"
    store.mkdir()
    return store, {"LD_PRELOAD": str(library), "FSYNC_STORE": str(store), "ASAN_OPTIONS": "verify_asan_link_order=0"}


class Power:
    """What a machine still has when its power fails: what the processes of a pipeline have synced."""

    def __init__(self, folder, pipeline):
        """folder: for files of its own."""
        self.store, variables = record_syncs(folder)
        self.pipeline = pipeline
        pipeline.environment.update(variables)
        self.inputs = {path.name for path in pipeline.folder.iterdir()}

    def fail(self):
        self.pipeline.kill_all()
        self.pipeline.wait()
        self.lose(self.pipeline.folder)
        shutil.rmtree(self.store)
        self.store.mkdir()
        self.note(self.pipeline.folder)

    def lose(self, folder):
        listing = self.store / f"d{folder.stat().st_ino}"
        lines = listing.read_text().splitlines() if listing.exists() else []
        synced = {name: inode for inode, name in (line.split(" ", 1) for line in lines)}
        is_top = folder == self.pipeline.folder
        for path in folder.iterdir():
            if is_top and (path.name in self.inputs or path.name.startswith("stderr.")):
                synced.pop(path.name, None)
            elif path.is_dir() and path.name in synced:
                self.lose(path)
                del synced[path.name]
            elif path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        for name, inode in synced.items():
            content = self.store / f"f{inode}"
            if not (self.store / f"d{inode}").exists():
                (folder / name).write_bytes(content.read_bytes() if content.exists() else b"")

    def note(self, folder):
        """What is left is on the disk."""
        for path in folder.iterdir():
            if path.is_dir():
                self.note(path)
            else:
                (self.store / f"f{path.stat().st_ino}").write_bytes(path.read_bytes())
        names = [f"{path.stat().st_ino} {path.name}\n" for path in folder.iterdir()]
        (self.store / f"d{folder.stat().st_ino}").write_text("".join(names))


def slow_stage(seconds):
    return [sys.executable, "-c", SLOW, str(seconds)]
