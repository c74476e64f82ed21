"""Exactly once into many files: partitioned and rotated, as events and as rows.

The failures are those of test_exactly_once.py; what is compared are all files, byte for byte.
SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time
import types
import unittest

import test_exactly_once as one
from harness import BIN, PATIENCE

PARTITIONED = ["swrite", "--rotate", "2K", "out/{qtype_name}/{window_start:%H-%M}.ndjson"]
ROWS = ["swrite", "--to", "csv", "out/{qtype_name}.csv"]
BY_TIME = ["swrite", "--to", "tsv", "--rotate", "5m", "out/log.tsv"]
ONE_OF_ROWS = ["swrite", "--to", "csv", "out/all.csv"]


class Files(one.ExactlyOnce):
    SINK = PARTITIONED

    def stages(self, *args, **more):
        return [*super().stages(*args, **more)[:-1], self.SINK]

    def pipeline(self, name, **more):
        pipeline = super().pipeline(name, **more)
        if self.SINK == ONE_OF_ROWS:
            (pipeline.folder / "out").mkdir()
        return pipeline

    @staticmethod
    def content(pipeline):
        out = pipeline.folder / "out"
        return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def check_content(self, pipeline, expected):
        self.assertEqual(sorted(self.content(pipeline)), sorted(expected))
        super().check_content(pipeline, expected)

    def check_only_grows(self, pipeline, expected):
        for name, content in self.content(pipeline).items():
            self.assertIn(name, expected)
            self.assertEqual(content, expected[name][:len(content)], name)

    def lose_power(self, folder, store):
        """Leaves what had been synced: of the pipeline's own folder, what is in `out`."""
        if folder.name == "ck":
            super().lose_power(folder, store)
        elif folder.exists():
            self.keep_synced(folder, store, {"out"})

    def keep_synced(self, folder, store, names=None):
        listing = store / f"d{folder.stat().st_ino}"
        lines = listing.read_text().splitlines() if listing.exists() else []
        listed = {tuple(line.split(" ", 1)) for line in lines}
        for entry in folder.iterdir():
            inode = entry.stat().st_ino
            if names and entry.name not in names:
                continue
            if (str(inode), entry.name) not in listed:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            elif entry.is_dir():
                self.keep_synced(entry, store)
            else:
                synced = store / f"f{inode}"
                entry.write_bytes(synced.read_bytes() if synced.exists() else b"")


class Kills(Files, one.Kills):
    pass


class KillsWithRows(Files, one.Kills):
    SINK = ROWS


class KillsWithRowsByTime(Files, one.Kills):
    SINK = BY_TIME


class KillsWithRowsInOneFile(Files, one.Kills):
    SINK = ONE_OF_ROWS


class FilesOfLongAgo(one.ToolTest):
    """More files than the state of swrite keeps, and lines for those that have left it; it is fed by hand, so that the
    epochs are those of the test."""
    SINK = ["--to", "csv", "--rotate", "3K", "--name", "w", "out/{n}.csv"]
    NAMES = 70
    END = '{"~stream":{"end":true}}\n'

    def setUp(self):
        super().setUp()
        self.random = random.Random(one.SEED)
        hot = [[self.NAMES + number % 3] * 2 for number in range(20)]
        new = [[100 + number] for number in range(8)]
        old = [[number, number + 1] for number in range(0, self.NAMES, 7)]
        self.set_chunks([list(range(self.NAMES)), *hot, *new, *old, *hot, *old[::-1]])

    def set_chunks(self, chunks):
        self.chunks = ["".join(f'{{"ts":{1521911720 + at},"n":{name},"text":"{at} {"so long " * 100}"}}\n'
                               for name in chunk) for at, chunk in enumerate(chunks)]
        self.first_of = {0: 0}  # epochs, and the chunk behind each

    def start(self, folder):
        return subprocess.Popen(
            [str(BIN / "swrite"), *self.SINK, "--checkpoint", "ck"], cwd=folder, stdin=subprocess.PIPE,
            stderr=subprocess.PIPE)

    @staticmethod
    def committed(folder):
        commit = folder / "ck" / "COMMIT"
        return json.loads(commit.read_text().splitlines()[0]) if commit.exists() else {"epoch": 0}

    def feed(self, folder, process, most_chunks, waits):
        """From where it stands; the epochs are numbered behind all that are there."""
        epoch = self.committed(folder)["epoch"]
        used = [int(path.name.split(".")[1]) for path in folder.glob("ck/w.*") if path.name.split(".")[1].isdigit()]
        number = max([epoch, *used])
        send = process.stdin.write
        with contextlib.suppress(BrokenPipeError):
            send(f'{{"~stream":{{"begin":{{"time":"ts","epoch":{epoch}}}}}}}\n'.encode())
            first = self.first_of[epoch]
            for chunk in range(first, min(len(self.chunks), first + most_chunks)):
                number += 1
                self.first_of[number] = chunk + 1
                send(self.chunks[chunk].encode())
                send(f'{{"~stream":{{"barrier":{{"epoch":{number},"via":[]}}}}}}\n'.encode())
                process.stdin.flush()
                deadline = time.monotonic() + PATIENCE
                while waits and self.committed(folder)["epoch"] < number and time.monotonic() < deadline:
                    time.sleep(0.002)
            if first + most_chunks >= len(self.chunks):
                send(self.END.encode())
            process.stdin.flush()

    def run_to_the_end(self, folder, waits=False):
        process = self.start(folder)
        self.feed(folder, process, len(self.chunks), waits)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        messages = process.stderr.read().decode()
        self.assertEqual(process.wait(), 0, messages)
        process.stderr.close()
        return Files.content(types.SimpleNamespace(folder=folder))

    def folder_of(self, name):
        self.first_of = {0: 0}
        (self.folder / name).mkdir()
        return self.folder / name

    def expected(self):
        at_once = subprocess.run(
            [str(BIN / "swrite"), *self.SINK[:-3], self.SINK[-1]], input="".join(self.chunks).encode(), check=False,
            cwd=self.folder_of("once"))
        self.assertEqual(at_once.returncode, 0)
        return Files.content(types.SimpleNamespace(folder=self.folder / "once"))

    def test_a_folder_that_a_loss_of_power_has_taken(self):
        expected = self.expected()
        folder = self.folder_of("power")
        process = self.start(folder)
        self.feed(folder, process, 1, True)
        process.kill()
        process.communicate()
        shutil.rmtree(folder / "out")
        self.assertEqual(self.run_to_the_end(folder), expected)

    def test_they_leave_the_state_and_come_back(self):
        expected = self.expected()
        folder = self.folder_of("long")
        process = self.start(folder)
        self.feed(folder, process, len(self.chunks) - 1, True)
        process.kill()
        process.communicate()
        notes = (folder / "ck" / "w.files").read_text()
        for kind, name in ("length", "1-000001.csv"), ("header", "1-000001.csv"), ("part", "1.csv"):
            self.assertIn(f'{{"of":"{kind}","name":"out/{name}"', notes)
        self.assertEqual(self.run_to_the_end(folder), expected)
        self.kill_again_and_again(expected, 25)

    def kill_again_and_again(self, expected, most_chunks):
        for number in range((one.KILLS + 4) // 5):
            folder = self.folder_of(f"killed{number}")
            for _ in range(5):
                process = self.start(folder)
                self.feed(folder, process, self.random.randrange(1, most_chunks), self.random.random() < 0.7)
                time.sleep(self.random.random() * 0.05)
                process.kill()
                process.communicate()
            self.assertEqual(self.run_to_the_end(folder, waits=True), expected)
            shutil.rmtree(folder)

    def test_notes_that_do_not_count_any_more_go(self):
        """All names leave the state and come back so often that the notes are written anew."""
        self.SINK = ["--to", "csv", "--name", "w", "out/{n}.csv"]
        hot = [[self.NAMES + 1] for _ in range(11)]
        self.set_chunks(5 * [list(range(self.NAMES)), *hot, list(range(100, 100 + self.NAMES)), *hot])
        expected = self.expected()
        folder = self.folder_of("long")
        process = self.start(folder)
        self.feed(folder, process, len(self.chunks) - 1, True)
        process.kill()
        process.communicate()
        notes = {path.name: path.stat().st_size for path in folder.glob("ck/w.files*")}
        self.assertNotIn("w.files", notes)
        self.assertLessEqual(len(notes), 2, notes)
        self.assertEqual(self.run_to_the_end(folder), expected)
        self.kill_again_and_again(expected, 80)

    def test_one_to_which_others_have_written(self):
        folder = self.folder_of("others")
        process = self.start(folder)
        self.feed(folder, process, 29, True)
        with open(folder / "out" / "1-000001.csv", "ab") as file:
            file.write(b"not ours\n")
        self.feed_on(process, self.chunks[29])
        messages = process.communicate()[1].decode()
        self.assertEqual(process.returncode, 2, messages)
        self.assertIn("out/1-000001.csv is ", messages)
        self.assertIn("--rollback cuts it", messages)

    @staticmethod
    def feed_on(process, lines):
        process.stdin.write(lines.encode() + b'{"~stream":{"barrier":{"epoch":1000,"via":[]}}}\n')
        process.stdin.flush()


class OtherFailures(Files, one.OtherFailures):
    pass


class FullDisk(Files):
    DELAY = 0.01

    def setUp(self):
        super().setUp()
        self.disk = pathlib.Path(tempfile.mkdtemp(prefix="streamutils-disk-"))
        mounted = shutil.which("mount") and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "none", self.disk], capture_output=True, check=False)
        if not mounted or mounted.returncode:
            self.disk.rmdir()
            self.skipTest("no disk can be mounted")
        self.addCleanup(self.remove_disk)

    def remove_disk(self):
        subprocess.run(["umount", self.disk], check=True)
        self.disk.rmdir()

    def test_a_disk_for_the_output_that_is_full(self):
        expected = self.undisturbed()
        pipeline = self.pipeline("full")
        (pipeline.folder / "out").symlink_to(self.disk)
        statuses = pipeline.run()
        self.assertEqual(statuses[-1], 4, pipeline.messages())
        self.assert_says(pipeline.messages(), "No space left on device")
        self.check_only_grows(pipeline, expected)
        subprocess.run(["mount", "-o", "remount,size=64m", self.disk], check=True)
        self.finish(pipeline, expected)


class Refusals(Files):
    DELAY = 0.01

    def interrupted(self, name):
        pipeline = self.pipeline(name)
        self.run_for_a_while(pipeline, least_epochs=4)
        pipeline.kill_all()
        pipeline.wait()
        pipeline.run(limit_of=len(pipeline.stages) - 1)  # completes what was committed, no more
        return pipeline, max(self.content(pipeline))

    def test_a_file_that_others_have_written_to(self):
        expected = self.undisturbed()
        pipeline, name = self.interrupted("longer")
        with open(pipeline.folder / "out" / name, "ab") as file:
            file.write(b"x" * (1 << 20))
        self.assertEqual(pipeline.run()[-1], 2)
        self.assert_says(pipeline.messages(), f"out/{name} is ", "--rollback cuts it")
        pipeline.stages[-1] = [self.SINK[0], "--rollback", *self.SINK[1:]]
        self.finish(pipeline, expected)

    def test_a_file_that_was_cut(self):
        expected = self.undisturbed()
        pipeline, _ = self.interrupted("cut")
        last = {file["name"]: file["before"] for file in self.commit(pipeline)["files"]}
        name = next(name for name in self.content(pipeline) if last.get(f"out/{name}", 4) > 3)
        path = pipeline.folder / "out" / name
        content = path.read_bytes()
        os.truncate(path, 3)
        self.assertEqual(pipeline.run()[-1], 2)
        self.assert_says(pipeline.messages(), f"out/{name} is 3 bytes long", "moved, replaced or cut")
        path.write_bytes(content)
        self.finish(pipeline, expected)

    def test_a_file_that_was_there_before(self):
        expected = self.undisturbed()
        name = max(expected)
        pipeline = self.pipeline("before")
        path = pipeline.folder / "out" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"not ours\n")
        self.assertEqual(pipeline.run()[-1], 2)
        self.assert_says(pipeline.messages(), f"out/{name} holds 9 bytes", "--append")
        path.unlink()
        self.finish(pipeline, expected)

    def test_files_that_are_taken_away_meanwhile(self):
        """Packed, moved or deleted: what was in them and what comes later is all there is."""
        expected = self.undisturbed()
        pipeline = self.pipeline("archive")
        archive = {}
        for _ in range(4):
            self.run_for_a_while(pipeline, least_epochs=2)
            pipeline.kill_all()
            pipeline.wait()
            pipeline.run(limit_of=len(pipeline.stages) - 1)
            touched = {file["name"] for file in self.commit(pipeline)["files"]}
            for name, content in self.content(pipeline).items():
                if f"out/{name}" not in touched:
                    archive[name] = archive.get(name, b"") + content
                    (pipeline.folder / "out" / name).unlink()
        for _ in range(20):
            if set(pipeline.run()) == {0}:
                break
        for name, content in self.content(pipeline).items():
            archive[name] = archive.get(name, b"") + content
        self.assertEqual(archive, expected)


if __name__ == "__main__":
    unittest.main()
