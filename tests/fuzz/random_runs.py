"""Random configurations run under bounds checks, and what has to be true of each outcome."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

from sim.config.files import CONF
from tests.fuzz.configurations import told

ROOT = CONF.parent
CHECKED = os.environ | {"NUMBA_BOUNDSCHECK": "1", "PYTHONPATH": str(ROOT)}
ENDED = {"finished", "refused", "failed", "out_of_time"}


def worker(*arguments: object) -> subprocess.CompletedProcess[str]:
    """What `tests.fuzz.worker` says, the engine compiled with bounds checks."""
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz.worker", *map(str, arguments)],
        cwd=ROOT,
        env=CHECKED,
        capture_output=True,
        text=True,
        check=False,
    )


def outcomes(first: int, count: int) -> list[dict[str, Any]]:
    """Overrides and outcome of each case."""
    done = worker(first, count)
    cases: dict[int, dict[str, Any]] = {}
    for line in done.stdout.splitlines():
        said = json.loads(line)
        cases.setdefault(said["case"], {}).update(said)
    assert done.returncode == 0, done.stderr
    assert len(cases) == count
    return list(cases.values())


def check(case: dict[str, Any]) -> None:
    """A case ends as it may, and what it measured adds up."""
    outcome = case["outcome"]
    assert outcome["status"] in ENDED, told(case["overrides"], outcome)
    if outcome["status"] in ("refused", "failed"):
        assert outcome["message"].strip() and "Traceback" not in outcome["message"]
    if outcome["status"] != "finished":
        return
    repeat = told(case["overrides"], {"points": outcome["points"]})
    assert outcome["least"] >= 0, repeat
    assert not any(outcome["lost"]), repeat
    assert all(row["cycles_per_operation"] >= 0 for row in outcome["account"]), repeat
    for row in outcome["points"]:
        numbers = [value for value in row.values() if isinstance(value, int | float)]
        assert min(numbers) >= 0, repeat
        whole = 1e6 / row["throughput_per_core"]
        spent = row["user_us"] + row["system_us"] + row["idle_us"]
        assert abs(spent - whole) <= 1e-9 * whole, repeat


def statuses(cases: list[dict[str, Any]]) -> Counter[str]:
    """How many cases ended in each way."""
    return Counter(case["outcome"]["status"] for case in cases)
