#!/usr/bin/env python3
"""The rules of the style guide that a machine can see.  Usage: style_test.py ROOT

SPDX-License-Identifier: Apache-2.0
"""

import pathlib
import re
import sys

MAX_LINES = 600  # a file longer than this holds two ideas; tables of tests may be longer
MAX_COLUMNS = 100
CODE = {".h", ".cc"}
SCRIPTS = {".py", ".cmake", ".txt", ""}
SKIPPED_FOLDERS = {".git", "build", "fuzz/seeds", "completions", "cases"}

# Names of this or that machine have no place in the source.
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:home|root|Users|work|tmp/build)[/\w-]*/")
TODO = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b(?!.*issue \d+)")


def files_below(root):
    for folder in ["lib", "tools", "tests", "bench", "cmake", "scripts", "examples"]:
        for file in sorted((root / folder).rglob("*")):
            path = file.relative_to(root)
            skipped = any(f"/{name}/" in f"/{path}" for name in SKIPPED_FOLDERS)
            if file.is_file() and not skipped and file.suffix in CODE | SCRIPTS:
                yield path


def comment_on_top(lines):
    """The lines up to the first that is neither comment nor docstring."""
    top = []
    for line in lines:
        if top and line.strip() and not re.match(r"\s*(//|#|[\"'A-Z*]|SPDX|\S.*[^;{]$)", line):
            break
        top.append(line)
    return "\n".join(top)


def problems_in_line(line, suffix):
    if len(line) > MAX_COLUMNS and suffix in CODE:
        yield f"{len(line)} columns, more than {MAX_COLUMNS}"
    if "\t" in line:
        yield "a tab"
    if line != line.rstrip():
        yield "space at the end"
    if TODO.search(line) and "re.compile" not in line:
        yield "an open task without its issue"
    if MACHINE_PATHS.search(line) and "re.compile" not in line:
        yield "a path of one machine"
    if suffix in CODE and re.match(r"\s*//\s*([=*#~])\1{5,}", line):
        yield "a banner"


def problems_in_file(path, text):
    lines = text.split("\n")
    if text and not text.endswith("\n"):
        yield 0, "no line end at the end of the file"
    if len(lines) > MAX_LINES and path.suffix in CODE and path.parts[0] != "tests":
        yield 0, f"{len(lines)} lines, more than {MAX_LINES}: it holds more than one idea"
    if path.suffix in CODE | {".py"} and "SPDX-License-Identifier: Apache-2.0" not in comment_on_top(lines):
        yield 0, "no SPDX line in the comment on top"
    if path.suffix == ".h" and "#pragma once" not in lines:
        yield 0, "no #pragma once"
    for number, line in enumerate(lines, 1):
        for problem in problems_in_line(line, path.suffix):
            yield number, problem


def main():
    root = pathlib.Path(sys.argv[1])
    problems, seen = [], 0
    for path in files_below(root):
        seen += 1
        text = (root / path).read_text(errors="replace")
        problems += [f"{path}:{number}: {problem}" for number, problem in problems_in_file(path, text)]
    if seen == 0:
        sys.exit(f"no source below {root}")
    print("\n".join(problems) or f"{seen} files, nothing to say")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
