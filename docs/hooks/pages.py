"""What `mkdocs build` adds to docs/: pages made from the project itself.

Links of the pages are those of the checkout, so that they can be followed there; here they are
turned into the site's. The README is the home page. Settings, columns and the command line are
what the program says about itself. Notebooks are shown as they are stored.
"""

from __future__ import annotations

import contextlib
import io
import posixpath
import re
import sys
from functools import partial
from pathlib import Path

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT), str(Path(__file__).parent)]

import notebook_page as notebook  # noqa: E402

from corescale.__main__ import main  # noqa: E402
from corescale.verbs import program  # noqa: E402

PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "CITATION.cff": "CITATION.cff",
}
"""Files of the checkout's root, and what they are called in the site."""

FENCE = re.compile(r"^(```\w+)[ \t]+(.*)$", re.MULTILINE)
TITLE = re.compile(r'\btitle="[^"]*"')
LINK = re.compile(r"\]\((?!\w+:|#)([^)]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for name, page in PAGES.items():
        text = (ROOT / name).read_text()
        _add(files, config, page, linked(text) if page.endswith(".md") else text)
    _add(files, config, "reference/settings.md", said("describe", "--all", "--markdown"))
    _add(files, config, "reference/columns.md", columns())
    _add(files, config, "reference/command-line.md", command_line())
    for path in sorted((ROOT / "docs/notebooks").glob("*.ipynb")):
        book = notebook.load(path)
        name = f"{path.stem}-{{}}.png"
        _add(files, config, f"notebooks/{path.stem}.md", notebook.markdown(book, name))
        shown = [image for cell in book["cells"] for image in notebook.pictures(cell)]
        for number, image in enumerate(shown):
            _add(files, config, f"notebooks/{name.format(number)}", image)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leave out what a code block says to the tests, keep its title; link to the site's pages."""

    def shown(fence: re.Match[str]) -> str:
        title = TITLE.search(fence[2])
        return f"{fence[1]} {title[0]}" if title else fence[1]

    return LINK.sub(partial(_in_the_site, page.file.src_uri), FENCE.sub(shown, markdown))


def _in_the_site(page: str, link: re.Match[str]) -> str:
    """Point a page's link to a file of the root, or to a notebook, at the page made of that."""
    path, hash_, anchor = link[1].partition("#")
    here = posixpath.dirname(page)
    file = posixpath.normpath(posixpath.join("docs", here, path))
    if file in PAGES:
        path = posixpath.relpath(PAGES[file], here or ".")
    elif path.endswith(".ipynb"):
        path = path.removesuffix("ipynb") + "md"
    return f"]({path}{hash_}{anchor})"


def linked(text: str) -> str:
    """Point a root file's links at the site's pages; what is not in the site loses its link."""

    def target(link: re.Match[str]) -> str:
        path, hash_, anchor = link[1].partition("#")
        if path in PAGES:
            return f"]({PAGES[path]}{hash_}{anchor})"
        inside = path.removeprefix("docs/").rstrip("/")
        if (ROOT / "docs" / inside).is_dir():
            inside += "/README.md"
        return f"]({inside}{hash_}{anchor})"

    return LINK.sub(target, text)


def columns() -> str:
    """Write the columns of the results as a page."""
    return f"# Columns of the results\n\n```text\n{said('describe', 'columns')}```\n"


def command_line() -> str:
    """Write the help of the program, and of each verb, as a page."""
    parts = ["# Command line", f"```text\n{said('--help')}```"]
    for verb in program.list_commands(click.Context(program)):
        parts += [f"## {verb}", f"```text\n{said(verb, '--help')}```"]
    parts += [f"```text\n{said('machine', 'import', '--help')}```"]
    return "\n\n".join(parts) + "\n"


def said(*arguments: str) -> str:
    """Return what `corescale` prints."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        status = main(arguments)
    if status:
        raise PluginError(f"{' '.join(arguments)}: exit status {status}")
    return text.getvalue()


def _add(files: Files, config: MkDocsConfig, page: str, content: str | bytes) -> None:
    files.append(File.generated(config, page, content=content))
