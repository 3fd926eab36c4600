"""The floors that a run is judged by, and the record of earlier runs.

A record has no date and no host name: a commit, the CPU, and ratios, which outlive a faster machine
where seconds do not. `benchmarks/README.md` documents the schema.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

FOLDER = Path(__file__).parent
HISTORY = FOLDER / "history.jsonl"
SCHEMA = 1

MAXIMUM_CPP = 1.2
"""Floor: the engine takes at most so many times the time of the C++ twin."""
MINIMUM_SIMPY = 70.0
"""Floor: SimPy takes at least so many times the time of the engine."""
NOISE = 1.1
"""A ratio that is so many times the median of its history is worth a look."""


@dataclass(frozen=True)
class Record:
    """One run of the benchmark.

    Attributes:
        commit: of the sources, with a + behind it if they were changed since.
        cpu: model name.
        over_cpp: time of the engine / time of the C++ twin, by model and cores.
        simpy_over: time of SimPy / time of the engine, by model and cores.
        ns_per_event: of the engine, by model and cores.
        schema: version of these fields.
    """

    commit: str
    cpu: str
    over_cpp: dict[str, dict[str, float]]
    simpy_over: dict[str, dict[str, float]]
    ns_per_event: dict[str, dict[str, float]]
    schema: int = SCHEMA


def commit() -> str:
    """Short hash of the checkout's commit; empty without git."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--exclude=*", "--dirty=+"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return described.stdout.strip()


def read(path: Path = HISTORY) -> list[Record]:
    """Earlier records of this schema, oldest first."""
    if not path.exists():
        return []
    rows: list[dict[str, Any]] = [
        json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [Record(**row) for row in rows if row["schema"] == SCHEMA]


def append(record: Record, path: Path = HISTORY) -> None:
    """Add a record at the end."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(record), sort_keys=True) + "\n")


def warnings(record: Record, earlier: list[Record]) -> list[str]:
    """Say which ratios are beyond their floors, or worse than they used to be on this CPU."""
    found = []
    for model, by_cores in record.over_cpp.items():
        for cores, ratio in by_cores.items():
            where = f"{model}, {cores} cores"
            if ratio > MAXIMUM_CPP:
                found.append(f"{where}: {ratio:.2f}x the time of C++, the floor is {MAXIMUM_CPP}x")
            before = [
                old.over_cpp[model][cores]
                for old in earlier
                if old.cpu == record.cpu and cores in old.over_cpp.get(model, {})
            ]
            if before and ratio > NOISE * median(before):
                found.append(
                    f"{where}: {ratio:.2f}x the time of C++, "
                    f"the median of {len(before)} earlier runs is {median(before):.2f}x"
                )
    for model, by_cores in record.simpy_over.items():
        for cores, ratio in by_cores.items():
            if ratio < MINIMUM_SIMPY:
                found.append(
                    f"{model}, {cores} cores: {ratio:.0f}x the speed of SimPy, "
                    f"the floor is {MINIMUM_SIMPY:.0f}x"
                )
    return found
