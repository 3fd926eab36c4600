"""`corescale lab`: what it takes; the page is imported once it is asked for."""

from __future__ import annotations

import click

from sim.command.program import Verb, Whole, status_of
from sim.command.verbs import config_dir, overrides
from sim.config.errors import ConfigError


class LabVerb(Verb):
    """The verb: 2 the request cannot be used."""

    def status(self, error: Exception) -> int | None:
        """Tell errors of the request from bugs."""
        return status_of(error) if isinstance(error, ConfigError) else None


@click.command(
    "lab",
    cls=LabVerb,
    examples=(
        "{}",
        "{} workload=memcached kernel=linux_stock",
        "{} --port 8080 --no-browser",
    ),
)
@overrides
@click.option("--port", type=Whole(0, 65_535), metavar="N", help="port (8765; 0: any that is free)")
@click.option(
    "--browser/--no-browser", default=True, help="open the page in a browser, or only print it"
)
@config_dir
def lab(
    words: tuple[str, ...], port: int | None, browser: bool, config_dir: tuple[str, ...]
) -> None:
    """Put runs together on a local page, and watch their curves.

    Choose workload, kernel and machine; switch fixes, locks and strategies; set costs. A sketch of
    the curve comes within a second or two, with where its cycles go and what would be gained, and
    is sharpened to run=quick meanwhile. The page's address holds what it shows. It is served on
    this machine alone, to whoever has the address that is printed.

    The first curve is that of the OVERRIDEs, as `run` takes them.
    """
    from pathlib import Path

    from lab import server

    server.serve(words, [Path(folder) for folder in config_dir], port, opens=browser)
