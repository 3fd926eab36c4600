"""Boxes that are not at hand: /sys of other machines, as far as it is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SYSTEM = Path("sys/devices/system")


def listed(cpus: Sequence[int]) -> str:
    return ",".join(map(str, cpus))


def made(
    root: Path,
    packages: int,
    dies: int,
    cores: int,
    threads: int = 1,
    nodes: bool = True,
    offline: Sequence[int] = (),
) -> Path:
    """Write the /sys of a box: CPUs numbered core by core, second threads after all cores."""
    total = packages * dies * cores
    every = range(total * threads)
    cpu_folder = root / SYSTEM / "cpu"
    cpu_folder.mkdir(parents=True)
    (cpu_folder / "present").write_text(listed(every))
    (cpu_folder / "online").write_text(listed([cpu for cpu in every if cpu not in offline]))
    (cpu_folder / "offline").write_text(listed(offline))
    for cpu in every:
        if cpu in offline:
            (cpu_folder / f"cpu{cpu}").mkdir()
            continue
        core = cpu % total
        siblings = [core + thread * total for thread in range(threads)]
        die = core // cores
        behind = [
            c + t * total for t in range(threads) for c in range(die * cores, (die + 1) * cores)
        ]
        topology = cpu_folder / f"cpu{cpu}/topology"
        topology.mkdir(parents=True)
        (topology / "physical_package_id").write_text(f"{die // dies}\n")
        (topology / "core_cpus_list").write_text(listed(siblings) + "\n")
        for index, (level, kind, size, shared) in enumerate(
            (
                (1, "Data", "32K", siblings),
                (1, "Instruction", "32K", siblings),
                (2, "Unified", "1024K", siblings),
                (3, "Unified", "32M", behind),
            )
        ):
            cache = cpu_folder / f"cpu{cpu}/cache/index{index}"
            cache.mkdir(parents=True)
            (cache / "level").write_text(str(level))
            (cache / "type").write_text(kind)
            (cache / "size").write_text(size)
            (cache / "shared_cpu_list").write_text(listed(shared))
    if nodes:
        of = dies * cores
        for node in range(packages):
            folder = root / SYSTEM / f"node/node{node}"
            folder.mkdir(parents=True)
            mine = [
                c + t * total for t in range(threads) for c in range(node * of, (node + 1) * of)
            ]
            (folder / "cpulist").write_text(listed(mine))
            apart = [10 if other == node else 20 for other in range(packages)]
            (folder / "distance").write_text(" ".join(map(str, apart)))
    return root
