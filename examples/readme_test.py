"""Runs the commands of README.md and compares what they write with what the page says.

A block marked `console` has lines that begin with `$ `, each a shell command that is run in the root of
the tree, followed by its output (standard error too); `…` ends a line that is cut in the page.

    readme_test.py FOLDER_OF_THE_TOOLS [--update]

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "README.md"
BLOCK = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)


def output_of(command):
    environment = dict(os.environ, PATH=f"{sys.argv[1]}:{os.environ['PATH']}", LC_ALL="C.UTF-8")
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    return done.stdout.splitlines()


def agree(said, found):
    """True if a line of the page says what was found."""
    return found.startswith(said[:-1]) if said.endswith("…") else found == said


def commands(block):
    """The (command, lines of output) of a block."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *said = part.splitlines()
        while command.endswith("\\"):
            command = command[:-1] + said.pop(0).lstrip(" >")
        yield command, said


def check(block):
    """What is wrong with a block, as lines."""
    for command, said in commands(block):
        found = output_of(command)
        if len(said) != len(found) or not all(map(agree, said, found)):
            yield "\n".join([f"$ {command}", "the page says:", *said, "found:", *found, ""])


def updated(match):
    """The block with the outputs that were found; lines that are cut and still agree stay cut."""
    lines = []
    for part in re.split(r"^(?=\$ )", match[0], flags=re.MULTILINE)[1:]:
        (command, said), = commands(part)
        found = output_of(command)
        shown = part.splitlines()
        lines += shown[:len(shown) - len(said)]
        lines += [old if agree(old, new) else new
                  for old, new in zip(said + [""] * len(found), found)]
    return "\n".join(lines) + "\n"


def main():
    text = PAGE.read_text(encoding="utf-8")
    if "--update" in sys.argv:
        PAGE.write_text(BLOCK.sub(updated, text), encoding="utf-8")
        return 0
    blocks = BLOCK.findall(text)
    wrong = [line for block in blocks for line in check(block)]
    print(*wrong, sep="\n")
    print(f"{len(blocks)} blocks, {len(wrong)} commands with other output")
    return 1 if wrong or not blocks else 0


if __name__ == "__main__":
    sys.exit(main())
