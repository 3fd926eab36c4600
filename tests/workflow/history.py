"""Histories of a results folder: what people and accidents do to it, and what a clean run leaves.

A history is a sequence of operations drawn from a seed: edits, runs, kills, deletions, damage,
copies from elsewhere, two workflows at once. Its oracle is the folder that a clean run leaves.

What is drawn depends on the seed alone: each operation has a generator of its own, so that what one
finds in the folder does not decide which follow.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.workflow.tiny import SNAKEMAKE, digests
from tests.workflow.warm_snakemake import WarmSnakemake

DATA = Path(__file__).parent / "data/history"
NAME = "mine"
RESULTS = Path("results") / NAME
EXPERIMENTS = 'experiments=["history/locks","history/again"]'
SHORTEST, LONGEST = 3, 8
"""Operations of a history."""
TIMES = re.compile(r"<h[23]>What (it|the simulation) took</h[23]>.*?</table>", re.DOTALL)
"""Part of a page that differs from run to run."""

Edit = tuple[str, str, str]
"""File, and the text in it that another takes the place of."""

REVISIONS: dict[str, tuple[Edit, ...]] = {
    "first": (),
    "a value": (
        (
            "conf/hardware/opteron_8x6.yaml",
            "local_transfer_cycles: 117",
            "local_transfer_cycles: 130",
        ),
    ),
    "a source": (("conf/hardware/opteron_8x6.yaml", 'where: "', 'where: "read again: '),),
    "a published point": (("reference/history.csv", "MCS,4,3000000", "MCS,4,2900000"),),
    "a title": (("conf/experiment/history/locks.yaml", "Two locks and", "A pair of locks and"),),
    "a figure's code": (("analysis/wording.py", '"""', '"""Other words. '),),
    "the model's code": (("sim/workload/micro/lock.py", '"""', '"""Another version. '),),
}
"""States of the sources, as edits of the first."""

WITH_OTHER_CODE = ("a figure's code", "the model's code")
"""Revisions for which no process can be used that has imported another one."""

REQUESTS: dict[str, list[str]] = {
    "plain": [],
    "overridden": ['overrides=["workload.hold_cycles=700"]'],
}
"""What is asked for, under one name."""


def prepare(project: Path) -> None:
    """Make a copy of the project a small one: two experiments that take a moment."""
    shutil.rmtree(project / "conf/experiment")
    (project / "conf/experiment/history").mkdir(parents=True)
    for name in ("locks", "again"):
        shutil.copy2(DATA / f"{name}.yaml", project / f"conf/experiment/history/{name}.yaml")
    shutil.copy2(DATA / "history.csv", project / "reference/history.csv")
    accuracy = project / "reference/accuracy.csv"
    accuracy.write_text(accuracy.read_text() + "history.csv,made up,,\n")


def arguments(request: str, jobs: int = 8) -> list[str]:
    config = [EXPERIMENTS, f"name={NAME}", *REQUESTS[request]]
    return ["--cores", str(jobs), "--config", *config]


HASHED_OTHERWISE = {"PYTHONHASHSEED": "4294967295"}


def page(path: Path) -> str:
    """A page of the report, without the times that it shows."""
    return TIMES.sub("", path.read_text(encoding="utf-8"))


def left(folder: Path) -> dict[str, str]:
    """What a run left: digests of its files, and the text of its pages."""
    files = digests(folder)
    kept = {n: d for n, d in files.items() if not n.startswith(("logs", "benchmarks", "report/"))}
    pages = {f"report/{p.name}": page(p) for p in sorted((folder / "report").glob("*.html"))}
    effort = {n: "" for n in files if n.startswith("benchmarks")}
    found = kept | pages | effort
    return {name: what for name, what in found.items() if not Path(name).name.startswith(".")}


class Place:
    """One project in which histories happen one after another, and its clean results beside it."""

    def __init__(self, sources: Path, store: Path) -> None:
        self.project = sources
        self.revision = "first"
        self._store = store
        self._clean: dict[tuple[str, str], Path] = {}
        self._warm: dict[str, WarmSnakemake] = {}
        self._seconds = 0.0

    @property
    def warm(self) -> WarmSnakemake:
        """Snakemake with the code that is checked out, imported once for each."""
        code = self.revision if self.revision in WITH_OTHER_CODE else "first"
        if code not in self._warm:
            self._warm[code] = WarmSnakemake(self.project)
        return self._warm[code]

    @property
    def seconds(self) -> float:
        """How long a clean run takes on this machine."""
        self.clean("first", "plain")
        return self._seconds

    def run(self, request: str) -> tuple[int, str]:
        return self.warm.run(arguments(request))

    def check_out(self, revision: str) -> None:
        """Bring the sources into another state; files that do not change keep their times."""
        for name, before, after in REVISIONS[self.revision]:
            replace(self.project / name, after, before)
        for name, before, after in REVISIONS[revision]:
            replace(self.project / name, before, after)
        self.revision = revision

    def reset(self) -> None:
        """Go back to where nothing has run."""
        self.check_out("first")
        for name in ("results", ".snakemake"):
            shutil.rmtree(self.project / name, ignore_errors=True)

    def run_alone(self, request: str) -> tuple[int, str]:
        """One job at a time; one of the requests in a process that hashes strings otherwise."""
        asked = arguments(request, jobs=1)
        if request == "plain" or self.revision != "first":
            return self.warm.run(asked)
        done = subprocess.run(
            [str(SNAKEMAKE), *asked],
            cwd=self.project,
            env=os.environ | HASHED_OTHERWISE,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def clean(self, revision: str, request: str) -> Path:
        """Results of a clean run of a revision and request, made once for each."""
        if (revision, request) not in self._clean:
            aside = self._store / "aside"
            aside.mkdir(parents=True)
            kept, self_revision = self._move(self.project, aside), self.revision
            self.check_out(revision)
            _, began = self.warm, time.monotonic()
            status, said = self.run_alone(request)
            self._seconds = self._seconds or time.monotonic() - began
            assert status == 0, f"a clean run of {revision}, {request}:\n{said}"
            place = self._store / f"clean{len(self._clean)}"
            (self.project / RESULTS).rename(place)
            self.reset()
            self.check_out(self_revision)
            assert self._move(aside, self.project) == kept
            aside.rmdir()
            self._clean[revision, request] = place
        return self._clean[revision, request]

    def end(self) -> None:
        for warm in self._warm.values():
            warm.end()

    @staticmethod
    def _move(source: Path, target: Path) -> list[str]:
        """Move what runs leave."""
        names = [name for name in ("results", ".snakemake") if (source / name).exists()]
        for name in names:
            (source / name).rename(target / name)
        return names


@dataclass(frozen=True)
class Drawn:
    """An operation, and the generator of what is drawn in it."""

    name: str
    seed: str

    @property
    def rng(self) -> random.Random:
        return random.Random(self.seed)

    @property
    def choice(self) -> str:
        """The revision or request that it brings, if it does."""
        if self.name == "edit":
            # Other code takes a new process and all jobs again; one in eight is enough.
            cheap = [name for name in REVISIONS if name not in WITH_OTHER_CODE]
            rng = self.rng
            return rng.choice(cheap if rng.random() < 7 / 8 else WITH_OTHER_CODE)
        return self.rng.choice([*REQUESTS]) if self.name in ("ask", "twice") else ""


def drawn(seed: int) -> tuple[bool, Sequence[Drawn]]:
    """Whether a history begins with results, and its operations."""
    rng = random.Random(seed)
    begun = rng.random() < 0.8  # most have
    names = [rng.choice(OPERATIONS) for _ in range(rng.randint(SHORTEST, LONGEST))]
    return begun, [Drawn(name, f"{seed} {place}") for place, name in enumerate(names)]


@dataclass
class History:
    """What happens to one results folder."""

    place: Place
    request: str = "plain"
    past: list[str] = field(default_factory=list)
    rng: random.Random = field(default_factory=random.Random)
    choice: str = ""

    @property
    def folder(self) -> Path:
        return self.place.project / RESULTS

    def begin(self) -> None:
        """Have the results of a clean run."""
        shutil.copytree(self.place.clean("first", "plain"), self.folder)

    def step(self, operation: Drawn) -> None:
        """Do one operation."""
        self.rng, self.choice = operation.rng, operation.choice
        self.past.append(operation.name)
        getattr(self, operation.name)()

    def note(self, text: str) -> None:
        self.past[-1] += f" {text}"

    # --- what people do ----------------------------------------------------------------------

    def edit(self) -> None:
        self.note(self.choice)
        self.place.check_out(self.choice)

    def ask(self) -> None:
        self.request = self.choice
        self.note(self.request)

    def run(self) -> None:
        self.place.run(self.request)

    def make_clean(self) -> None:
        """Forget what Snakemake remembers: `make clean` does, and keeps one's own sweeps."""
        shutil.rmtree(self.place.project / ".snakemake", ignore_errors=True)

    def copy(self) -> None:
        """Put results of another request in the place of some or all of one's own."""
        request = self.rng.choice(list(REQUESTS))
        source = self.place.clean("first", request)
        part = self.rng.choice(["", "history", "history/locks", "history/again", "report"])
        self.note(f"{request}: {part or 'everything'}")
        shutil.rmtree(self.folder / part, ignore_errors=True)
        copier = self.rng.choice([shutil.copy2, shutil.copyfile])  # with the old times, or new ones
        shutil.copytree(source / part, self.folder / part, copy_function=copier)

    # --- accidents ---------------------------------------------------------------------------

    def kill(self) -> None:
        """Kill a run, the workflow alone or with its jobs, at a random moment."""
        part = self.rng.random()
        delay = part * self.place.seconds
        group = self.rng.random() < 0.5
        self.note(f"after {delay:.1f} s{', jobs too' if group else ''}")
        warm = self.place.warm
        workflow = warm.start(arguments(self.request))
        time.sleep(delay)
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(workflow, signal.SIGKILL)
        warm.wait()

    def delete(self) -> None:
        found = sorted(path for path in self.folder.rglob("*") if not path.name.startswith("."))
        if found:
            path = self.rng.choice(found)
            self.note(path.relative_to(self.folder).as_posix())
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def truncate(self) -> None:
        path = self.a_file()
        if path is not None:
            size = path.stat().st_size
            os.truncate(path, self.rng.choice([0, size // 2, max(size - 1, 0)]))

    def flip(self) -> None:
        """Change one bit, and not the time."""
        path = self.a_file()
        if path is not None and path.stat().st_size:
            state, content = path.stat(), bytearray(path.read_bytes())
            content[self.rng.randrange(len(content))] ^= 1 << self.rng.randrange(8)
            path.write_bytes(content)
            os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))

    def touch(self) -> None:
        path = self.a_file()
        if path is not None:
            when = time.time() + self.rng.choice([-1e6, -10, 0, 10, 1e6])
            os.utime(path, (when, when))

    def add(self) -> None:
        """Leave a file where figures are."""
        place = self.folder / "history/locks/figures"
        if place.is_dir():
            (place / "stray.svg").write_text("<svg/>")

    def swap(self) -> None:
        """Exchange the points of two curves, with all that stands beside them."""
        place = self.folder / "history/locks"
        for kind in (".parquet", ".account.parquet", ".config.json"):
            one, other = place / f"mcs{kind}", place / f"ticket{kind}"
            if one.is_file() and other.is_file():
                one.rename(place / "kept")
                other.rename(one)
                (place / "kept").rename(other)

    def twice(self) -> None:
        """Start two workflows at once, of two requests."""
        warm = self.place.warm
        self.note(f"{self.request} and {self.choice}")
        both = [warm.start(arguments(request)) for request in (self.request, self.choice)]
        for workflow in both:
            warm.wait(workflow)

    def a_file(self) -> Path | None:
        """One of the run's files; what was measured and logged is nobody's result."""
        found = [
            path
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
            and path.relative_to(self.folder).parts[0] not in ("logs", "benchmarks")
        ]
        if not found:
            return None
        path = self.rng.choice(found)
        self.note(path.relative_to(self.folder).as_posix())
        return path


OPERATIONS = (
    *("run", "edit", "edit", "ask", "kill"),
    *("delete", "delete", "truncate", "flip", "touch"),
    *("make_clean", "copy", "swap", "add", "twice"),
)


def replace(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text, f"{path}: {before}"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def fresh(source: Path, place: Path) -> Path:
    """A copy of a project's sources, without results."""
    ignore = shutil.ignore_patterns("results", ".snakemake", "__pycache__")
    shutil.copytree(source, place, ignore=ignore)
    return place
