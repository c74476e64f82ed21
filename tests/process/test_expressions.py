"""Expressions in files, which a case cannot hold: good ones, and mistakes.

SPDX-License-Identifier: Apache-2.0
"""

import unittest

from harness import BIN, ToolTest, lines_of, run

EVENTS = lines_of('{"price":2,"qty":3}', '{"price":5,"qty":1}', '{"price":7}')


def tool(name, *words):
    return [str(BIN / name), *map(str, words)]


class Mistakes(ToolTest):
    def test_positions_in_a_file_are_those_of_the_file(self):
        rows = [
            ("sfilter", "price > 1 &&\n  nope(qty)\n", " 2:3: "),
            ("smap", "a = price\nb = nope(qty)\n", " 2:5: "),
            ("smap", "a = price\nb qty\n", " 2:1: "),
            ("smap", "a = 1\nthis = 2\n", ":2: 'this'"),
        ]
        for name, text, place in rows:
            with self.subTest(text):
                file = self.file("expression", text.encode())
                result = run(tool(name, "-f", file), EVENTS)
                self.assertEqual((result.returncode, result.stdout), (2, b""))
                self.assertIn(f"{name}: -f: {file}:", result.stderr.decode())
                self.assertIn(place, result.stderr.decode())

    def test_unreadable_files(self):
        for name in ["sfilter", "smap"]:
            for file in [self.folder, self.folder / "nothing"]:
                with self.subTest(tool=name, file=file):
                    result = run(tool(name, "-f", file), EVENTS)
                    self.assertEqual((result.returncode, result.stdout), (2, b""))
                    self.assertIn(f"-f: {file}: ", result.stderr.decode())


class Files(ToolTest):
    def test_expression(self):
        file = self.file("expression", b"// the dear ones\nprice * qty >= 5 &&\n  price > 2\n")
        result = run(tool("sfilter", "-f", file), EVENTS)
        self.assertEqual(result.stdout, lines_of('{"price":5,"qty":1}'))
        self.assertIn("line 3: " + str(file) + ": no such field 'qty' (at 2:9)", result.stderr.decode())

    def test_expression_beside_others(self):
        file = self.file("expression", b"qty > 0")
        result = run(tool("sfilter", "price>1", "-f", file, "-e", "price < 5"), EVENTS)
        self.assertEqual((result.stdout, result.stderr), (lines_of('{"price":2,"qty":3}'), b""))

    def test_assignments(self):
        file = self.file("assignments", b"// c\ntotal = price *\n  qty; dear = total > 5\n")
        result = run(tool("smap", "-f", file, "last=dear", "--only"), EVENTS)
        self.assertEqual(result.stdout, lines_of('{"total":6,"dear":true,"last":true}',
                                                 '{"total":5,"dear":false,"last":false}', "{}"))
        self.assertIn("no value for 'total': no such field 'qty' (at 3:3)", result.stderr.decode())

    def test_empty_file_of_assignments(self):
        file = self.file("assignments", b"\n")
        self.assertEqual(run(tool("smap", "-f", file), EVENTS).stdout, EVENTS)


if __name__ == "__main__":
    unittest.main()
