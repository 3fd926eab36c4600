"""The code blocks of a page, and what a test does with each.

A block's first word is its language. `console` holds commands after `$ ` and, below each, lines
that it prints (`...`: others between); `python` is run; `yaml`, `python` and others with
`title="path"` are files, written to that path; `diff` is applied; `text` after `python` is what
that prints. Further words, which readers of the page do not see:

- `skip="reason"`: not run, for that reason;
- `with="run=smoke"`: the test adds these words to every `python -m sim run` and `explain`;
- `on="terminal"`: run on a terminal, where it shows more than in a pipe;
- `in="conf/experiment/x.yaml"`: the block stands in that experiment's file, in the place of what
  is there under its keys.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks/README.md"]
    + [path for path in (ROOT / "docs").rglob("*.md") if "examples" not in path.parts]
)
LANGUAGES = {"console", "bash", "python", "yaml", "csv", "diff", "text"}
OPTIONS = {"title", "skip", "with", "on", "in"}
SNIPPET = re.compile(r'^--8<-- "([^"]+)"$', re.MULTILINE)

CODE = ("sim/", "analysis/", "metrics/", "views/", "tests/")
"""Folders whose files a copy is made for, in which a page may change them."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its options, its text with snippets put in, its first line."""

    language: str
    options: dict[str, str]
    text: str
    line: int

    @property
    def skip(self) -> str | None:
        """Why it is not run, if it says so."""
        return self.options.get("skip")

    @property
    def changes_code(self) -> bool:
        """Whether it changes what Python imports."""
        title = self.options.get("title", "")
        return self.language == "diff" or title.startswith(CODE)


@dataclass(frozen=True)
class Command:
    """A command of a console block, and the lines that the page shows below it."""

    line: str
    shown: tuple[str, ...]
    on_a_terminal: bool = False


def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page, in order."""
    tokens = MarkdownIt("commonmark").parse(page.read_text())
    return [
        _block(token.info, token.content, token.map[0] + 1)
        for token in tokens
        if token.type == "fence" and token.map
    ]


def _block(info: str, text: str, line: int) -> Block:
    language, *words = shlex.split(info) or [""]
    options = dict(word.split("=", 1) for word in words)
    return Block(language, options, SNIPPET.sub(_snippet, text), line)


def _snippet(found: re.Match[str]) -> str:
    return (ROOT / found[1]).read_text().rstrip("\n")


def commands(block: Block) -> list[Command]:
    """Commands of a console or bash block; those of bash print nothing that is shown."""
    if block.language == "bash":
        return [Command(block.text, ())]
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((re.sub(r" {2,}# .*", "", line[2:]), []))
        elif line.strip() not in ("", "..."):
            assert found, f"{line!r} stands before any command"
            found[-1][1].append(line)
    words, terminal = block.options.get("with", ""), block.options.get("on") == "terminal"
    return [Command(_with(line, words), tuple(shown), terminal) for line, shown in found]


def _with(line: str, words: str) -> str:
    simulates = re.search(r"python -m sim (run|explain)\b", line)
    return f"{line} {words}" if words and simulates else line


def missing(shown: tuple[str, ...], printed: str) -> str | None:
    """The first line of a page that is not printed, in this order, as the start of a line."""
    lines = iter(_plain(line) for line in printed.splitlines())
    for line in shown:
        if not any(other.startswith(_plain(line)) for other in lines):
            return line
    return None


def _plain(line: str) -> str:
    """A line without its columns' widths, and without what marks a title outside a terminal."""
    return " ".join(line.removeprefix("# ").split())
