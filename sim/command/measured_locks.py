"""`machine compare --locks`: locks that perf saw beside those of a simulated workload."""

from __future__ import annotations

from collections.abc import Sequence

from sim.command.measure import Target
from sim.command.table import draw
from sim.config.compose import compose
from sim.config.errors import ConfigError, message
from sim.config.files import expanded
from sim.machine_import.text import display_path, plain, read_text
from sim.measure import kernel_locks, perf_lock
from sim.measure.kernel_locks import Pair
from sim.measure.perf_lock import COLUMNS

MOST = 20
"""Rows of the table."""


def run(target: Target, file: str, words: Sequence[str]) -> None:
    """Print perf's locks beside those of a workload's account.

    Args:
        target: the machine.
        file: what `perf lock contention -x ,` printed.
        words: the run, as overrides: a workload, a kernel, one core count.
    """
    path = expanded(file, f"--locks {plain(file)}")
    text = read_text(path, f"--locks {plain(file)}")
    if not perf_lock.looks(text):
        raise ConfigError(
            message(
                f"--locks {plain(file)}",
                "not what perf lock contention prints",
                "perf lock contention -a -b -x , -o FILE -- sleep 10",
            )
        )
    rows = perf_lock.read(text, display_path(path))
    quantities = {row[COLUMNS.index("quantity")] for row in rows.values}
    if kernel_locks.FIELDS - quantities:
        raise ConfigError(
            message(
                f"--locks {plain(file)}",
                "without how often and how long each lock was waited for",
                "perf lock contention -F contended,wait_total (the default has both)",
            )
        )
    measured = kernel_locks.waited(rows)
    config = compose([f"hardware={target.name}", *words], [target.folder])
    if len(config.core_counts) != 1:
        raise ConfigError(
            message(
                "cores",
                f"{config.core_counts}",
                f"one count, as 'cores=[{config.core_counts[-1]}]'",
            )
        )
    from sim.simulate import simulate

    pairs = kernel_locks.beside(measured, kernel_locks.waits(simulate(config).account))
    title = (
        f"{config.workload.name} on {config.kernel.name}, {config.hardware.name}, "
        f"{config.core_counts[0]} cores: share of all waiting for locks"
    )
    headings = ["lock", "measured", "simulated", "waits", "in perf's output"]
    draw(title, headings, [_cells(pair) for pair in pairs[:MOST]])
    for line in said(pairs):
        print(f"# {line}")


def _cells(pair: Pair) -> list[str]:
    seen = ", ".join(pair.seen) if pair.seen != (pair.lock,) else ""
    times = f"{pair.times:,.0f}" if pair.seen else ""
    return [pair.lock, _share(pair.measured), _share(pair.simulated), times, seen]


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def said(pairs: Sequence[Pair]) -> list[str]:
    """Say how much of the waiting is in both, and what only one side knows."""
    both = [p for p in pairs if p.measured is not None and p.simulated is not None]
    covered = sum(p.measured or 0.0 for p in both), sum(p.simulated or 0.0 for p in both)
    found = [
        f"{len(both)} locks in both: {covered[0]:.0%} of the measured waiting, "
        f"{covered[1]:.0%} of the simulated."
    ]
    if len(pairs) > MOST:
        found.append(f"{len(pairs) - MOST} smaller ones are left out.")
    mine = [p.lock for p in pairs if p.measured is None]
    if mine:
        found.append(f"In the model alone: {', '.join(mine)}; locks of programs perf does not see.")
    return found
