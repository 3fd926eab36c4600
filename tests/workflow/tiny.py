"""The smallest workflow that has everything, and Snakemake to run it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SNAKEMAKE = Path(sys.executable).with_name("snakemake")
EXIM = "osdi10/fig04_exim"
LINES = "micro/opteron48_line_sharing"
TINY = [f'experiments=["{LINES}","{EXIM}"]', 'overrides=["run=smoke"]']
SMOKE = [*TINY, "name=tiny"]
MEASURED = ("report", "logs", "benchmarks")
"""Folders of a run that hold what it took, which differs from run to run."""


def snakemake(
    project: Path, *arguments: str, config: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    command = [str(SNAKEMAKE), *arguments, *(["--config", *config] if config else [])]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=600)


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def results(folder: Path) -> dict[str, str]:
    """Digests of a run's results: all but what its processes took, and what Snakemake keeps."""
    return {
        name: digest
        for name, digest in digests(folder).items()
        if not name.startswith(MEASURED) and not Path(name).name.startswith(".")
    }
