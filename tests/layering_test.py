#!/usr/bin/env python3
"""Who may include whom: the arrows of lib/README.md, held against every #include of the source.

Fails with each offending line.  Usage: layering_test.py ROOT
SPDX-License-Identifier: Apache-2.0
"""

import pathlib
import re
import sys

# A layer, and the layers below it that it may use.
ALLOWED = {
    "base": set(),
    "json": {"base"},
    "expr": {"base", "json"},
    "stream": {"base", "json"},
    "formats": {"base", "json"},
    "ops": {"base", "json", "expr", "stream"},
    "run": {"base", "json", "stream", "formats"},
    "tools": {"base", "json", "expr", "stream", "formats", "ops", "run"},
}

# Libraries with a limited welcome: what they are called in an #include, and where they may be used.
CONFINED = {
    r"simdjson\.h": r"lib/json/[a-z_]+\.cc",
    r"hwy/.*": r"lib/json/[a-z_]+\.cc",
    r"CLI/.*": r"(lib/run|tools)/.*",
    r"z(lib|std)\.h": r"lib/formats/unpack\.cc",
    r"re2/.*": r"lib/(expr|formats|ops)/.*",
}

# Libraries that only one file may use, so that they can be replaced.
ALONE = ["simdjson.h"]

INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.MULTILINE)


def source_files(root):
    for folder in ["lib", "tools"]:
        yield from sorted((root / folder).rglob("*.h"))
        yield from sorted((root / folder).rglob("*.cc"))


def layer_of(path):
    return path.parts[1] if path.parts[0] == "lib" else path.parts[0]


def problems_of(path, included):
    layer, target = layer_of(path), included.split("/")[0]
    if target in ALLOWED and target != layer and target not in ALLOWED[layer]:
        yield f"{layer} must not know {target}"
    for pattern, where in CONFINED.items():
        if re.fullmatch(pattern, included) and not re.fullmatch(where, str(path)):
            yield f"this library may be used in {where} only"


def check(root):
    problems, users = [], {library: [] for library in ALONE}
    for file in source_files(root):
        path = file.relative_to(root)
        for match in INCLUDE.finditer(file.read_text()):
            included = match.group(1)
            line = file.read_text()[: match.start(1)].count("\n") + 1
            if included in users:
                users[included].append(str(path))
            for problem in problems_of(path, included):
                problems.append(f"{path}:{line}: #include {included}: {problem}")
    for library, files in users.items():
        if len(files) > 1:
            problems.append(f"{library} is included by more than one file: {', '.join(files)}")
    return problems


def main():
    root = pathlib.Path(sys.argv[1])
    if not list(source_files(root)):
        sys.exit(f"no source below {root}")
    problems = check(root)
    print("\n".join(problems) or "every include points down")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
