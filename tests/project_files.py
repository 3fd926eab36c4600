"""Which files of conf/, reference/, metrics/, views/ and sim/sync/ are the project's.

Some laws are the project's own: that its experiments have claims, that its measured numbers were
read twice. Tests of these ask here. Laws that hold for every file, a user's too, ask `choices`.

git knows what it tracks. Where there is no git (an archive, a copy), the list beside this file says
it, which a test compares with git.
"""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from sim.config.presets import lines
from sim.kernel.design import KernelDesign, fixes
from sim.kernel.table import STRATEGIES

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("conf", "metrics", "reference", "sim/sync", "views")
LIST = Path(__file__).with_suffix(".txt")
COMMAND = f"git ls-files {' '.join(FOLDERS)} > tests/{LIST.name}"
"""What brings the list up to date."""


def tracked() -> list[str] | None:
    """Files that git tracks, relative to the checkout; None where it cannot say."""
    if not (ROOT / ".git").exists():
        return None
    try:
        command = ["git", "ls-files", "-z", *FOLDERS]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return sorted(name for name in listed.stdout.split("\0") if name)


@cache
def project_files() -> frozenset[Path]:
    """The project's own files."""
    known = tracked()
    names = LIST.read_text(encoding="utf-8").splitlines() if known is None else known
    return frozenset(path for name in names if (path := ROOT / name).is_file())


def of_the_project(choices: Mapping[str, Path]) -> list[str]:
    """Names of the choices whose file is the project's own."""
    return [name for name, path in choices.items() if path in project_files()]


def in_folder(folder: str, suffix: str) -> list[Path]:
    """The project's own files under a folder, sorted."""
    inside = ROOT / folder
    return sorted(
        path for path in project_files() if path.is_relative_to(inside) and path.suffix == suffix
    )


def papers_fixes() -> list[str]:
    """The fixes of OSDI'10 Figure 1; the kernel may have others that a user has added."""
    with (ROOT / "reference/linux_osdi10/fig01_fixes.csv").open(newline="") as file:
        return [row["id"] for row in csv.DictReader(file)]


def is_a_users(fix: str) -> bool:
    """Whether a fix switches to a strategy from a folder of the user's own.

    What such a strategy shares, and which numbers of its kernel it needs, is not known here.
    """
    of, change = fixes()[fix]
    made = STRATEGIES.get((of.key, change.on))
    return made is not None and not made.__module__.startswith("sim.")


def fixes_of(kernel: KernelDesign) -> list[str]:
    """Every fix of an object that a kernel has, sorted; a user may have added some."""
    known = sorted(type(kernel.fix).model_fields)
    return [fix for fix in known if _has(kernel, lines(f"kernel.fix.{fix}"))]


def _has(kernel: KernelDesign, keys: Sequence[str]) -> bool:
    """Whether a kernel has the objects of some keys of `kernel`."""
    for key in keys:
        value: object = kernel
        for part in key.split(".")[1:-1]:
            value = getattr(value, part, None)
        if value is None:
            return False
    return True
