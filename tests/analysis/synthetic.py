"""Results made by formula, so that the analysis can be tested without the engine."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from sim.experiment.file import Experiment
from sim.experiment.variation import BASE, Variation

CORES = [1, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48]
CLOCK = 2.4e9
HOLD = "kernel.objects.vfsmount_table.hold_cycles"


def experiment(**changes: object) -> Experiment:
    settings: dict[str, object] = {
        "name": "osdi10/fig04_exim",
        "paper": "osdi10",
        "section": "5.2",
        "artifact": "Figure 4",
        "title": "Exim throughput and CPU time per message",
        "finding": "Stock collapses on the mount table's lock; PK scales on <script>",
        "axes": {"cores": CORES},
        "curves": [{"id": "stock", "label": "Stock"}, {"id": "pk", "label": "PK"}],
        "measures": [
            {
                "id": "throughput",
                "column": "throughput_per_core",
                "label": "Throughput (messages/s/core)",
                "reference": "linux_osdi10/fig04_exim.csv",
                "series": {"stock": "Stock", "pk": "PK"},
                "exclude": {"stock": [40, 44]},
            },
            {"id": "system", "column": "system_us", "label": "System time (us/message)"},
        ],
        "sensitivity": {
            "curve": "stock",
            "cores": [32, 36, 40, 44, 48],
            "scale": {"kernel.objects.vfsmount_table.hold_cycles": [0.9, 1.1]},
        },
        "claims": [
            {
                "id": "stock_collapses",
                "statement": "Stock's total throughput collapses between 36 and 48 cores",
                "section": "5.2",
                "metric": {
                    "kind": "ratio_of_points",
                    "curve": "stock",
                    "column": "throughput",
                    "cores": 48,
                    "over_cores": 36,
                },
                "published": 0.407,
                "tolerance": 0.3,
                "trend": {"below": 0.8},
            },
            {
                "id": "vfsmount_table_limits_stock",
                "statement": "The vfsmount table's lock limits Stock",
                "metric": {"kind": "top_cause", "curve": "stock", "cores": 48},
                "published": "vfsmount_table",
            },
            {
                "id": "temperature",
                "statement": "The machine gets warm",
                "not_modelled": "no thermal model",
            },
        ],
    }
    return Experiment.model_validate(settings | changes)


def columns(curve: str, variation: Variation = BASE) -> dict[str, object]:
    """What results say of a row's curve and of what its run changes, as `read_points` gives it."""
    said = {"curve": curve, "variant": variation.label, "variant_of": curve}
    return said | variation.columns


def throughput_per_core(curve: str, cores: int, factor: float = 1.0) -> float:
    level = 640 / (1 + 0.25 * math.log(cores)) if cores > 1 else 640.0
    if curve == "stock" and cores > 36:
        level *= math.exp(-0.12 * factor * (cores - 36))
    return level * (0.9 if curve == "stock" and cores > 1 else 1.0)


def write(
    folder: Path,
    curve: str,
    cores: list[int] | None = None,
    replications: int = 5,
    hop_cycles: int = 127,
    variants: bool = True,
    changed: Sequence[tuple[Variation, float]] = (),
) -> Path:
    """Results of a curve; `changed` are variations at the most cores, with their throughputs."""
    folder.mkdir(parents=True, exist_ok=True)
    points, account = [], []
    variations = [BASE]
    if curve == "stock" and variants:
        variations += [Variation("sensitivity", {HOLD: 100 * f}, f) for f in (0.9, 1.1)]
    times = {variation.label: factor for variation, factor in changed}
    for variation in (*variations, *(variation for variation, _ in changed)):
        factor = {0.9: 0.6, 1.1: 1.5}.get(variation.factor, 1.0)
        for count in cores or CORES:
            if variation != BASE and count < (CORES[-1] if variation.label in times else 32):
                continue
            for replication in range(replications):
                noise = 1 + 0.01 * math.sin(7 * replication + count)
                each = throughput_per_core(curve, count, factor) * noise * 127 / hop_cycles
                each *= times.get(variation.label, 1.0)
                total = 1e6 / each
                common = {
                    "hardware": "opteron_8x6",
                    "kernel": f"linux_{curve}",
                    "workload": "exim",
                    **columns(curve, variation),
                    "cores": count,
                    "replication": replication,
                }
                points.append(
                    common
                    | {
                        "seed": 1000 * count + replication,
                        "unit": "messages",
                        "operations": 1000,
                        "elapsed_cycles": 10**9,
                        "throughput_per_core": each,
                        "throughput": each * count,
                        "latency_mean_cycles": 1e6,
                        "latency_p50_cycles": 1e6,
                        "latency_p99_cycles": 2e6,
                        "user_us": 440.0,
                        "system_us": total - 440.0,
                        "idle_us": 0.0,
                        "events": 100_000,
                    }
                )
                cycles = total / 1e6 * CLOCK
                lock = 0.7 if curve == "stock" and count > 40 else 0.05
                for mode, thing, cause, share in (
                    ("user", "exim", "compute", 0.3 * (1 - lock)),
                    ("system", "page_fault", "compute", 0.3 * (1 - lock)),
                    ("system", "page_fault", "memory", 0.1 * (1 - lock)),
                    ("system", "processes", "coherence", 0.2 * (1 - lock)),
                    ("system", "dentry", "lock_wait", 0.06 * (1 - lock)),
                    ("system", "directory", "lock_wait", 0.02 * (1 - lock)),
                    ("system", "file_append", "lock_wait", 0.01 * (1 - lock)),
                    ("idle", "directory", "blocked", 0.005 * (1 - lock)),
                    ("system", "open_file_list", "lock_wait", 0.003 * (1 - lock)),
                    ("system", "page_struct", "coherence", 0.002 * (1 - lock)),
                    ("system", "vfsmount_table", "lock_wait", lock),
                ):
                    account.append(
                        common
                        | {
                            "mode": mode,
                            "object": thing,
                            "cause": cause,
                            "cycles_per_operation": cycles * share,
                        }
                    )
    path = folder / f"{curve}.parquet"
    pl.DataFrame(points).write_parquet(path)
    pl.DataFrame(account).write_parquet(folder / f"{curve}.account.parquet")
    (folder / f"{curve}.config.json").write_text(json.dumps(config(curve, hop_cycles)))
    return path


def config(curve: str, hop_cycles: int) -> dict[str, object]:
    return {
        "curve": curve,
        "config": {
            "hardware": {
                "name": "opteron_8x6",
                "clock_ghz": 2.4,
                "coherence": {"hop_cycles": hop_cycles, "hop_occupancy_cycles": 156},
                "sources": {
                    "clock_ghz": {"kind": "measured", "where": "section 5.1", "fitted_on": ""},
                    "coherence": {"kind": "calibrated", "where": "fit", "fitted_on": "lines.csv"},
                    "coherence.hop_cycles": {"kind": "derived", "where": "(503 - 122) / 3"},
                },
            },
            "kernel": {"name": f"linux_{curve}", "objects": {"dentry": {"hold_cycles": 60}}},
            "workload": {"name": "exim", "page_faults": 342},
        },
    }
