"""What the numbers depend on besides the probes: processor, kernel, governor, neighbours, date."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sim.measure.box import Box
from sim.measure.builder import FLAGS, Compiler

CPU = "sys/devices/system/cpu"
FILES = {
    "governor": f"{CPU}/cpu0/cpufreq/scaling_governor",
    "frequency_driver": f"{CPU}/cpu0/cpufreq/scaling_driver",
    "boost": f"{CPU}/cpufreq/boost",
    "no_turbo": f"{CPU}/intel_pstate/no_turbo",
    "smt": f"{CPU}/smt/control",
    "online_cpus": f"{CPU}/online",
    "offline_cpus": f"{CPU}/offline",
    "isolated_cpus": f"{CPU}/isolated",
    "nodes": "sys/devices/system/node/online",
    "transparent_hugepage": "sys/kernel/mm/transparent_hugepage/enabled",
    "perf_event_paranoid": "proc/sys/kernel/perf_event_paranoid",
    "load_average": "proc/loadavg",
    "hypervisor": "sys/hypervisor/type",
    "product": "sys/devices/virtual/dmi/id/product_name",
    "cpu_quota": "sys/fs/cgroup/cpu.max",
}


def platform_record(box: Box, compiler: Compiler, root: Path = Path("/")) -> dict[str, Any]:
    """Describe the platform: what of it is known, by name."""
    found: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "libc": " ".join(platform.libc_ver()).strip(),
        "compiler": f"{compiler.version} {' '.join(FLAGS)}",
        "cpus_measured": list(box.cpus),
        "hardware_threads_per_core": box.layout.threads_per_core,
    }
    for name, path in FILES.items():
        text = _text(root / path)
        if text:
            found[name] = text
    found |= _cpuinfo(_text(root / "proc/cpuinfo"))
    found["remarks"] = list(box.remarks)
    found["lscpu"] = _lscpu()
    return found


def _cpuinfo(text: str) -> dict[str, Any]:
    """Model of the processor, and whether a hypervisor is under it."""
    lines = {
        key.strip(): value.strip()
        for key, colon, value in (line.partition(":") for line in text.splitlines())
        if colon
    }
    found: dict[str, Any] = {"virtual": "hypervisor" in lines.get("flags", "").split()}
    for key in ("model name", "microcode", "CPU part"):
        if key in lines:
            found[key.replace(" ", "_").lower()] = lines[key]
    return found


def _lscpu() -> dict[str, str]:
    """What lscpu says; empty where it is not there."""
    if shutil.which("lscpu") is None:
        return {}
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        ["lscpu", "-J"], capture_output=True, text=True, env=environment, check=False
    )
    try:
        rows = json.loads(done.stdout)["lscpu"]
        return {row["field"].rstrip(":"): row["data"] for row in rows if row.get("data")}
    except (ValueError, KeyError, TypeError):
        return {}


def stolen_share(before: str, after: str) -> float:
    """Share of CPU time that the hypervisor gave to others, between two readings of /proc/stat."""
    first, second = ([int(n) for n in text.split()[1:9]] for text in (before, after))
    spent = [b - a for a, b in zip(first, second, strict=True)]
    return spent[7] / sum(spent) if len(spent) == 8 and sum(spent) > 0 else 0.0


def cpu_times(root: Path = Path("/")) -> str:
    """First line of /proc/stat; one of zeros where there is none."""
    line = _text(root / "proc/stat").partition("\n")[0]
    return line if len(line.split()) >= 9 else "cpu" + " 0" * 8


def available_bytes(root: Path = Path("/")) -> int:
    """Memory that working sets may take: a third of what is available; 1 GiB where unknown."""
    for line in _text(root / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024 // 3
    return 1 << 30


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
