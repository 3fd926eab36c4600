"""A report of three small experiments: Exim with its what-if, two fixes, and an overview of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import synthetic

from analysis.artifact import files as artifacts
from analysis.report import site
from analysis.report.pages import Run
from sim.experiment.answer import Answer
from sim.experiment.file import Experiment
from sim.experiment.variation import Variation

PAGE = "osdi10-fig04_exim.html"
ANSWER = Answer.model_validate(
    {
        "title": "Who is right",
        "question": "Is it?",
        "paragraph": [{"claim": "osdi10/fig04_exim/fails", "text": "Stock keeps {percent};"}],
        "parts": [
            {
                "heading": "48 cores",
                "figure": "osdi10/fig04_exim/what_if",
                "is_finding": True,
                "page": [{"claim": "osdi10/fig04_exim/fails", "text": "It keeps {percent}."}],
                "sentences": [{"claim": "osdi10/fig04_exim/fails", "text": "It has {value}."}],
            }
        ],
        "caveat": "All of it was made up.",
    }
)
LOCK, DENTRY = "kernel.fix.vfsmount_table", "kernel.fix.dentry_lock"
MEASURES = [
    {
        "id": "throughput",
        "column": "throughput_per_core",
        "label": "Throughput (messages/s/core)",
        "reference": "linux_osdi10/fig04_exim.csv",
        "series": {"stock": "Stock", "pk": "PK"},
    },
    {
        "id": "system",
        "column": "system_us",
        "label": "System time (us/message)",
        "reference": "linux_osdi10/fig04_exim.csv",
        "series": {"pk": "PK system time"},
    },
]
FAILING = {
    "id": "fails",
    "statement": "Stock never collapses",
    "metric": {
        "kind": "ratio_of_points",
        "curve": "stock",
        "column": "throughput",
        "cores": 48,
        "over_cores": 36,
    },
    "expect": {"above": 0.9},
    "why": "the mount table's lock saturates",
}
COMMON: dict[str, Any] = {"paper": "osdi10", "speedup": False, "breakdown": False}


def exim() -> Experiment:
    plain = synthetic.experiment()
    kept = [claim.model_dump(exclude_none=True) for claim in plain.claims if claim.metric]
    kept[1]["metric"]["cores"] = 48
    return synthetic.experiment(
        subject="Exim",
        measures=MEASURES,
        what_if=[{"curves": ["stock", "pk"], "cores": 48, "free": ["vfsmount_table"]}],
        views=[{"kind": "what_if", "id": "what_if", "title": "Costs", "cores": 48}],
        claims=[*kept, FAILING],
    )


def fixes() -> Experiment:
    curves = [
        {"id": f"exim_{name}", "case": "exim", "design": name, "group": "Exim", "label": label}
        | {"overrides": ["workload=exim", f"kernel=linux_{name}"]}
        for name, label in (("stock", "Stock"), ("pk", "PK"))
    ]
    view = {"kind": "toggles", "id": "fixes", "title": "Fixes"}
    return Experiment.model_validate(
        COMMON
        | {"name": "osdi10/fig01_fixes", "artifact": "Figure 1", "title": "Fixes"}
        | {"curves": curves, "toggles": [LOCK, DENTRY], "views": [view]}
    )


def summary() -> Experiment:
    curves = [
        {"id": f"exim_{name}", "case": "exim", "design": name, "group": "Exim", "label": label}
        | {"of": f"osdi10/fig04_exim/{name}"}
        for name, label in (("stock", "Stock"), ("pk", "PK"))
    ]
    view = {"kind": "ratio", "id": "summary", "title": "Summary", "column": "throughput"}
    return Experiment.model_validate(
        COMMON
        | {"name": "osdi10/fig03_summary", "artifact": "Figure 3", "title": "Summary"}
        | {"curves": curves}
        | {"views": [view | {"cores": 48, "over_cores": 1, "label": "48 over 1"}]}
    )


def write(root: Path, alone: Path) -> None:
    """Write the report, and leave its folder alone: without the results that it is made of.

    It has a page of every kind; an earlier run of Exim is what it is compared with.
    """
    freed = Variation("what_if", {"free": "vfsmount_table"})
    one, two, three = exim(), fixes(), summary()
    paper, before = root / "paper", root / "before"
    own = [
        synthetic.write(paper / one.name, curve, changed=[(freed, times)])
        for curve, times in (("stock", 3.2), ("pk", 1.0))
    ]
    for curve in ("stock", "pk"):
        synthetic.write(before / one.name, curve, hop_cycles=200)
    flipped = [
        synthetic.write(
            paper / two.name,
            f"exim_{curve}",
            variants=False,
            changed=[(Variation("toggle", {LOCK: on}), times)]
            + [(Variation("toggle", {DENTRY: on}), 1.01)],
        )
        for curve, on, times in (("stock", True, 3.2), ("pk", False, 0.3))
    ]
    for experiment, files in ((one, own), (two, flipped), (three, own)):
        artifacts.write(experiment, files, paper / experiment.name)
    limitations = root / "limitations.md"
    limitations.write_text("# Limits\n\n## What a model leaves out\n\nMuch.\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "load_answer", lambda: ANSWER)
        written = site.write(Run(paper, (), before), [one, two, three], limitations).parent
    shutil.copytree(written, alone)
    shutil.rmtree(root)
