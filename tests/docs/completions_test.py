"""The completions load in their shells, and offer what they should.

bash is asked by calling the function as readline would, fish by `complete -C`, zsh by typing into a
terminal, since it completes nowhere else.
SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

COMPLETIONS = pathlib.Path(__file__).resolve().parents[2] / "completions"
FOLDERS = {"bash": ["-n"], "zsh": ["-n"], "fish": ["--no-execute"]}


def shell(*words, **options):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, **options)


def needs(name):
    return unittest.skipUnless(shutil.which(name), f"{name} is not installed")


class Syntax(unittest.TestCase):
    def check(self, name):
        files = sorted((COMPLETIONS / name).iterdir())
        self.assertGreaterEqual(len(files), 1)
        for file in files:
            with self.subTest(file.name):
                result = shell(name, *FOLDERS[name], str(file))
                self.assertEqual((result.stderr, result.returncode), ("", 0))

    @needs("bash")
    def test_bash(self):
        self.check("bash")

    @needs("zsh")
    def test_zsh(self):
        self.check("zsh")

    @needs("fish")
    def test_fish(self):
        self.check("fish")


# Calls the completion of $1 for the words behind it; compopt works only inside of readline.
ASK_BASH = """
compopt() { echo "compopt $*"; }
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
"_streamutils_$1"
printf '%s\\n' "${COMPREPLY[@]}"
"""

FILES = ["compopt -o default"]


@needs("bash")
class Bash(unittest.TestCase):
    def ask(self, *words):
        result = shell("bash", "-c", ASK_BASH, "bash", str(COMPLETIONS / "bash" / words[0]), *words)
        self.assertEqual(result.stderr, "")
        return result.stdout.split("\n")[:-1]

    def test_table(self):
        kinds = ["tumbling", "sliding", "session"]
        rows = [
            (["sfilter", "--contr"], ["--control"]),
            (["sfilter", "--control", ""], ["auto", "always", "never"]),
            (["sfilter", "--control", "=", "al"], ["always"]),
            (["sfilter", "--control", "="], ["auto", "always", "never"]),
            (["sfilter", "--stats", "=", "j"], ["json"]),
            (["sfilter", "--disorder", ""], [""]),
            (["sfilter", "--bad-to", "x"], FILES + [""]),
            (["sfilter", "a", "=", ""], [""]),
            (["sfilter", "a=b", "lo"], FILES + [""]),
            (["sfilter", "--", "--control", ""], FILES + [""]),
            (["swindow", ""], kinds),
            (["swindow", "--disorder", "2s", "--bad", "=", "skip", "-w", ""], kinds),
            (["swindow", "tumbling", "10s", "av"], FILES + ["avg"]),
            (["swindow", "tumbling", "10s", "--bad", "s"], ["skip", "stop"]),
        ]
        for words, wanted in rows:
            with self.subTest(words):
                if words[0] in os.listdir(COMPLETIONS / "bash"):
                    self.assertEqual(self.ask(*words), wanted)


@needs("fish")
class Fish(unittest.TestCase):
    def ask(self, line):
        file = COMPLETIONS / "fish" / (line.split()[0] + ".fish")
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "events.ndjson").touch()
            (pathlib.Path(folder) / "home").mkdir()
            result = shell("fish", "--no-config", "-c",
                           'source $argv[1]; complete -C "$argv[2]"', str(file), line,
                           cwd=folder, env=dict(os.environ, HOME=f"{folder}/home"))
        self.assertEqual(result.stderr, "")
        return [word.split("\t")[0] for word in result.stdout.splitlines()]

    def test_table(self):
        rows = [
            ("sfilter --contr", ["--control"]),
            ("sfilter --control ", ["always", "auto", "never"]),
            ("sfilter --control=al", ["--control=always"]),
            ("sfilter --stats", ["--stats", "--stats=json", "--stats=text"]),
            ("sfilter --disorder ", []),
            ("sfilter --bad-to ev", ["events.ndjson"]),
            ("sfilter ev", ["events.ndjson"]),
            ("swindow ", ["session", "sliding", "tumbling"]),
            ("swindow -w ev", []),
            ("swindow tumbling 10s av", ["avg"]),
            ("swindow tumbling 10s count even", ["events.ndjson"]),
        ]
        for line, wanted in rows:
            with self.subTest(line):
                if (COMPLETIONS / "fish" / (line.split()[0] + ".fish")).exists():
                    self.assertEqual(sorted(self.ask(line)), wanted)


class ZshTerminal:
    """An interactive zsh with our completions."""

    def __init__(self, folder):
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.chdir(folder)
            environment = dict(os.environ, TERM="dumb", HOME=folder, ZDOTDIR=folder, PS1="ready ")
            os.execvpe("zsh", ["zsh", "-f", "-i"], environment)
        self.pid = pid
        self.type(f"fpath=({COMPLETIONS}/zsh $fpath); autoload -Uz compinit; compinit -u -D\n")
        self.type("bindkey '^I' complete-word; setopt no_auto_menu; echo $((40 + 2))is\n")
        self.read_until("42is")

    def type(self, text):
        os.write(self.terminal, text.encode())

    def read_until(self, text, patience=20):
        seen = ""
        limit = time.monotonic() + patience
        while text not in seen and time.monotonic() < limit:
            if select.select([self.terminal], [], [], 0.1)[0]:
                seen += os.read(self.terminal, 65536).decode(errors="replace")
        return seen

    def line_after(self, typed):
        """What stands on the command line after `typed` and TAB."""
        # ^A^K brings the line where echo shows it as its argument.
        self.type("\x15" + typed + "\t\x01print -r -- '<\x05>'\n")
        seen = self.read_until(">\r\n")
        found = re.findall(r"^<(.*)>\r$", seen, re.MULTILINE)
        return found[-1] if found else seen

    def close(self):
        self.type("\x15exit\n")
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


@needs("zsh")
class Zsh(unittest.TestCase):
    def test_table(self):
        rows = [
            # zsh takes its "=" back when the next key is no part of a value.
            ("sfilter --contr", "sfilter --control"),
            ("sfilter --control=al", "sfilter --control=always "),
            ("sfilter --control al", "sfilter --control always "),
            ("sfilter --stats=js", "sfilter --stats=json "),
            ("sfilter --bad-to ev", "sfilter --bad-to events.ndjson "),
            ("sfilter a=b ev", "sfilter a=b events.ndjson "),
            ("swindow tum", "swindow tumbling "),
            ("swindow -w --disorder 2s tum", "swindow -w --disorder 2s tumbling "),
            ("swindow tumbling 10s av", "swindow tumbling 10s avg "),
            ("swindow tumbling 10s count even", "swindow tumbling 10s count events.ndjson "),
        ]
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "events.ndjson").touch()
            zsh = ZshTerminal(folder)
            for typed, wanted in rows:
                with self.subTest(typed):
                    if (COMPLETIONS / "zsh" / ("_" + typed.split()[0])).exists():
                        self.assertEqual(zsh.line_after(typed).rstrip(), wanted.rstrip())
            zsh.close()


if __name__ == "__main__":
    unittest.main()
