"""smap against a model: random events, random spacing, every way to change a member.

The model works on parsed JSON; that bytes are kept is told by the cases.
SPDX-License-Identifier: Apache-2.0
"""

import json
import random
import unittest

from harness import BIN, run

NAMES = "abcde"
PATHS = ["a", "b.c", "a.0", "c.1.d", "d.e.a", "a.b.c.d"]
SCALARS = [0, -5, 99, 1.5, None, True, "", "x", 'q"\\]}{[,:\u00e9\u0001']


def random_value(rng, depth):
    kind = rng.randrange(4 if depth else 2)
    if kind == 2:
        return [random_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    if kind == 3:
        return random_object(rng, depth - 1)
    return rng.choice([*SCALARS, {}, []])


def random_object(rng, depth):
    return {rng.choice(NAMES): random_value(rng, depth) for _ in range(rng.randrange(5))}


def spelled(rng, value):
    """The JSON of a value, with spaces wherever JSON allows them."""
    def space():
        return rng.choice(["", "", " ", "\t "])
    if isinstance(value, dict):
        items = [f"{space()}{json.dumps(k)}{space()}:{space()}{spelled(rng, v)}{space()}" for k, v in value.items()]
        return "{" + (",".join(items) or space()) + "}"
    if isinstance(value, list):
        items = [space() + spelled(rng, v) + space() for v in value]
        return "[" + (",".join(items) or space()) + "]"
    return json.dumps(value, ensure_ascii=rng.random() < 0.5)


def place(value, step):
    """Where a step leads: a key or an index; None if nowhere."""
    if isinstance(value, dict):
        return step
    if isinstance(value, list) and step.isdigit() and int(step) <= len(value):
        return int(step)
    return None


def exists(value, at):
    return at in value if isinstance(value, dict) else at is not None and at < len(value)


def with_set(value, steps, new):
    """The value with a member set; None if there is no place for it."""
    if not steps:
        return new
    at = place(value, steps[0])
    if at is None:
        return None
    member = with_set(value[at] if exists(value, at) else {}, steps[1:], new)
    if member is None:
        return None
    changed = value.copy()
    if isinstance(value, list) and at == len(value):
        changed.append(member)
    else:
        changed[at] = member
    return changed


def without(value, steps):
    at = place(value, steps[0])
    if at is None or not exists(value, at):
        return value
    changed = value.copy()
    if len(steps) == 1:
        del changed[at]
    else:
        changed[at] = without(value[at], steps[1:])
    return changed


class Model(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        rng = random.Random(5)
        cls.events = [random_object(rng, 3) for _ in range(1000)]
        cls.text = "".join(spelled(rng, event) + "\n" for event in cls.events).encode()

    def smap(self, *words):
        result = run([str(BIN / "smap"), "-q", *words], self.text)
        self.assertEqual(result.returncode, 0)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def assert_becomes(self, words, model):
        for got, event in zip(self.smap(*words), self.events, strict=True):
            want = model(event)
            self.assertEqual((got, list(got)), (want, list(want)), f"smap {words} of {event}")

    def test_set(self):
        for path in PATHS:
            def model(event, steps=path.split(".")):
                changed = with_set(event, steps, 7)
                return event if changed is None else changed
            self.assert_becomes([f"{path}=7"], model)

    def test_drop(self):
        for path in PATHS:
            for words in [["-d", path], [f"{path}=optional.none()"]]:
                self.assert_becomes(words, lambda event, steps=path.split("."): without(event, steps))

    def test_keep(self):
        self.assert_becomes(["-k", "b,a,q"], lambda event: {k: v for k, v in event.items() if k in "ab"})

    def test_later_assignments_see_what_is_written(self):
        for path in PATHS:
            for value in ["7", "optional.none()"]:
                for got in self.smap(f"{path}={value}", "seen=this"):
                    self.assertEqual(got.pop("seen"), got, path)


if __name__ == "__main__":
    unittest.main()
