"""A Markdown page of the documentation as HTML, with raw HTML escaped and links unfolded."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup


def render(markdown: str) -> Markup:
    """HTML of a page; links and images keep their text only, because the report stands alone."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = _named([_scoped(_without_links(token)) for token in parser.parse(markdown)])
    html = str(parser.renderer.render(tokens, parser.options, {}))
    # Text has its angle brackets escaped, so these are the tables' own.
    html = html.replace("<table>", '<div class="table"><table>')
    return Markup(html.replace("</table>", "</table></div>"))


def slug(heading: str) -> str:
    """Name of a heading in a link to it, as the site of the documentation makes it."""
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def _named(tokens: list[Token]) -> list[Token]:
    """Give headings the name that links to them use."""
    for heading, text in pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", slug(text.content))
    return tokens


def _scoped(token: Token) -> Token:
    if token.type == "th_open":
        token.attrSet("scope", "col")
    return token


def _without_links(token: Token) -> Token:
    if token.children:
        kept = []
        for child in token.children:
            if child.type in ("link_open", "link_close"):
                continue
            if child.type == "image":
                child = Token("text", "", 0, content=child.content)
            kept.append(child)
        token.children = kept
    return token
