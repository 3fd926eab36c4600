"""`lscpu -J`, its plain form, and its table of CPUs (`lscpu -J -e`).

The summary counts packages, cores, threads and caches, and lists the CPUs of each NUMA node; which
CPUs are threads of one core it does not say. The table names package, core and caches of each CPU,
but no sizes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sim.config.errors import ConfigError, message, show
from sim.machine_import.cpu_lists import cpu_list
from sim.machine_import.layout import Core
from sim.machine_import.request import Request
from sim.machine_import.stated import Cache, Clock, Cpus, Node, Stated, base_clock_in, checked
from sim.machine_import.text import plain
from sim.machine_import.threads import cores_of_cpus

SIZE = re.compile(
    r"([0-9]+(?:[.,][0-9]+)?)\s*([kmgt]?)(?:i?b)?(?:\s*\(([0-9]+) instances?\))?", re.I
)
KIB = {"": 1 / 1024, "k": 1, "m": 1024, "g": 1024**2, "t": 1024**3}
NODE = re.compile(r"NUMA node([0-9]{1,6}) CPU\(s\)")
# Architectures that number the threads of a core next to one another.
ADJACENT = re.compile(r"ppc64|s390|sparc|aarch64|arm", re.I)


def looks_like_lscpu(text: str) -> bool:
    """Whether a text is what lscpu prints, in one of its forms."""
    head = text.lstrip()[:20_000]
    if head.startswith("{"):
        return re.search(r'"(lscpu|cpus|caches)"\s*:', head) is not None
    return re.search(r"^(Architecture|CPU\(s\)):", head, re.MULTILINE) is not None


def read_lscpu(text: str, request: Request, origin: str) -> Stated:
    """Read a machine from lscpu's output.

    Raises:
        ConfigError: if it counts no CPUs, or is not in English.
    """
    if not text.lstrip().startswith("{"):
        fields = dict(re.findall(r"^[ \t]*([^:\n]+):[ \t]*(.*?)[ \t]*$", text, re.MULTILINE))
        return _of_summary(fields, request, origin)
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ConfigError(message(origin, f"not well-formed JSON: {error}")) from None
    if not isinstance(given, dict):
        raise ConfigError(message(origin, "no output of lscpu -J"))
    if isinstance(given.get("cpus"), list):
        return _of_table([row for row in given["cpus"] if isinstance(row, dict)], request, origin)
    if isinstance(given.get("lscpu"), list):
        return _of_summary(dict(_fields(given["lscpu"])), request, origin)
    raise ConfigError(
        message(origin, "lscpu's list of caches alone is no machine", "give it lscpu -J")
    )


def _fields(entries: Any) -> Iterator[tuple[str, str]]:
    """Yield field and value, those of nested ones included."""
    if not isinstance(entries, list):
        return
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("field"), str):
            yield entry["field"].strip().removesuffix(":"), str(entry.get("data") or "").strip()
            yield from _fields(entry.get("children"))


# --- the summary ---------------------------------------------------------------------------


def _of_summary(fields: dict[str, str], request: Request, origin: str) -> Stated:
    """Read lscpu's summary."""
    if request.packages is not None:
        raise ConfigError(
            message(
                f"--packages {request.packages}",
                "lscpu says how many there are",
                "--packages goes with a CSV of latencies or with numactl",
            )
        )
    online = fields.get("On-line CPU(s) list")
    cpus = sorted(set(cpu_list(online or "") or range(_count(fields, "CPU(s)", origin))))
    sockets = _count(fields, "Socket(s)", origin, _count(fields, "Drawer(s)", origin, 1))
    threads = request.threads_per_core or _count(fields, "Thread(s) per core", origin, 1)
    per_socket = _count(fields, "Core(s) per socket", origin, max(1, len(cpus) // sockets))
    nodes = _nodes(fields, cpus)
    if "Core(s) per cluster" in fields and "Socket(s)" not in fields:
        per_socket, sockets = max(1, len(cpus) // threads), 1
    packages = _packages(cpus, sockets, nodes)
    adjacent = True if ADJACENT.search(fields.get("Architecture", "")) else None
    wanted = per_socket * sockets
    cores, remarks = _cores(packages, threads, wanted, adjacent)
    caches, of_caches = _caches(fields, cores, len(packages))
    clocks = []
    name = fields.get("Model name", "")
    ghz = base_clock_in(name)
    if ghz is not None:
        clocks.append(Clock(ghz, f"Model name {plain(name)}"))
    stated = Stated(
        "measured",
        tuple(core for package in cores for core in package),
        packages,
        nodes=nodes,
        caches=caches,
        clocks=tuple(clocks),
        fastest_mhz=_mhz(fields.get("CPU max MHz")),
        remarks=(*remarks, *of_caches),
        numbered=threads == 1,
    )
    if len(nodes) > 1:
        stated = replace(
            stated,
            remarks=(
                *stated.remarks,
                "lscpu knows no distances between NUMA nodes: numactl -H, lstopo and /sys do.",
            ),
        )
    return checked(stated, origin)


def _count(fields: dict[str, str], name: str, origin: str, default: int | None = None) -> int:
    """Read a number of things."""
    text = fields.get(name, "")
    if re.fullmatch(r"[0-9]{1,6}", text) and int(text) > 0:
        return int(text)
    if default is not None:
        return default
    raise ConfigError(
        message(origin, f"lscpu's field {show(name)} is missing", "in English: LC_ALL=C lscpu -J")
    )


def _mhz(text: str | None) -> float | None:
    try:
        value = float((text or "").replace(",", "."))
    except ValueError:
        return None
    return value if value > 0 else None


def _nodes(fields: dict[str, str], cpus: list[int]) -> tuple[Node, ...]:
    """Read the CPUs of each NUMA node."""
    known = set(cpus)
    found = []
    for name, value in fields.items():
        node = NODE.fullmatch(name)
        if node is not None:
            found.append(Node(int(node[1]), frozenset(known.intersection(cpu_list(value) or ()))))
    return tuple(found)


def _packages(cpus: list[int], sockets: int, nodes: tuple[Node, ...]) -> tuple[Cpus, ...]:
    """Tell the packages' CPUs from those of the nodes; else by equal parts of their order."""
    own = [node.cpus for node in nodes if node.cpus]
    if own and len(own) % sockets == 0 and sum(map(len, own)) == len(cpus):
        each = len(own) // sockets
        return tuple(frozenset().union(*own[p * each : (p + 1) * each]) for p in range(sockets))
    part = max(1, -(-len(cpus) // sockets))
    return tuple(frozenset(cpus[i : i + part]) for i in range(0, len(cpus), part))


def _cores(
    packages: tuple[Cpus, ...], threads: int, wanted: int, adjacent: bool | None
) -> tuple[list[list[Core]], tuple[str, ...]]:
    """Group the CPUs of each package into cores, so many in all as lscpu counts."""
    total = sum(map(len, packages))
    if threads == 1:
        return [[(cpu,) for cpu in sorted(cpus)] for cpus in packages], ()
    if len(packages) == 1 and total < wanted * threads and wanted < total:
        # Performance cores, which come first, have two threads, the others one.
        cpus = sorted(packages[0])
        double = total - wanted
        cores = cores_of_cpus(cpus[: 2 * double], 2, True) + [(c,) for c in cpus[2 * double :]]
        return [cores], (
            f"{total} CPUs on {wanted} cores: the first {double} cores are taken to have two "
            "threads, next to one another.",
        )
    if adjacent is None and len(packages) == 1:
        # lscpu lists 0-7 for either numbering; Linux on x86 has second threads last.
        adjacent = False
    cores_in = [cores_of_cpus(sorted(cpus), threads, adjacent) for cpus in packages]
    return cores_in, (
        "Which CPUs are threads of one core lscpu does not say: the usual numbering is taken "
        "(it matters with --latencies; lstopo, /sys and lscpu -J -e say it).",
    )


def _caches(
    fields: dict[str, str], cores: list[list[Core]], packages: int
) -> tuple[tuple[Cache, ...], tuple[str, ...]]:
    """Read sizes, and share each level among as many cores as its number of instances says."""
    found: list[Cache] = []
    remarks: list[str] = []
    every = [core for package in cores for core in package]
    for level, names in enumerate((("L1d",), ("L2",), ("L3",), ("L4",)), start=1):
        text = next(
            (fields[n] for name in names for n in (f"{name} cache", name) if n in fields), ""
        )
        size = SIZE.match(text)
        if size is None:
            continue
        kib = float(size[1].replace(",", ".")) * KIB[size[2].lower()]
        if size[3] is None:
            instances = packages if level > 2 else len(every)
            if level > 2:
                remarks.append(
                    f"How many cores share an L{level} cache this lscpu does not say: all of a "
                    "package are taken to."
                )
        else:
            instances = int(size[3])
            kib /= max(1, instances)
        if not 0 < instances <= len(every) or len(every) % instances:
            remarks.append(
                f"{instances} L{level} caches do not divide {len(every)} cores: their sharing is "
                "not taken over (lstopo and /sys say which core has which)."
            )
            instances = len(every) if level < 3 else packages
        each = max(1, len(every) // instances)
        for start in range(0, len(every), each):
            cpus = frozenset(cpu for core in every[start : start + each] for cpu in core)
            found.append(Cache(level, cpus, round(kib) or None))
    return tuple(found), tuple(remarks)


# --- the table -----------------------------------------------------------------------------


def _of_table(rows: list[dict[str, Any]], request: Request, origin: str) -> Stated:
    """Read the table of CPUs: package, node, core and caches of each."""
    for flag, given in (
        ("--packages", request.packages),
        ("--threads-per-core", request.threads_per_core),
    ):
        if given is not None:
            raise ConfigError(message(f"{flag} {given}", "lscpu's table says how many there are"))
    groups: dict[str, dict[Any, list[int]]] = {"socket": {}, "node": {}, "core": {}}
    caches: dict[tuple[int, str], list[int]] = {}
    for row in rows:
        number = str(row.get("cpu", ""))
        if not re.fullmatch(r"[0-9]{1,6}", number) or row.get("online") in (False, "no", "n"):
            continue
        cpu = int(number)
        package = row.get("socket")
        for name, of in groups.items():
            key = (package, row.get(name)) if name == "core" else row.get(name)
            if row.get(name) not in (None, "-", ""):
                of.setdefault(key, []).append(cpu)
            elif name == "core":
                of.setdefault(("cpu", cpu), []).append(cpu)
        names = next((key for key in row if key.lower().startswith("l1d")), "")
        for level, number in zip(
            names.split(":"), str(row.get(names, "")).split(":"), strict=False
        ):
            found = re.fullmatch(r"l([1-5])d?", level.lower())
            if found is not None and number.isdigit():
                caches.setdefault((int(found[1]), number), []).append(cpu)
    nodes = tuple(
        Node(int(n) if str(n).isdigit() else i, frozenset(cpus))
        for i, (n, cpus) in enumerate(groups["node"].items())
    )
    return checked(
        Stated(
            "measured",
            tuple(sorted(tuple(sorted(cpus)) for cpus in groups["core"].values())),
            tuple(frozenset(cpus) for cpus in groups["socket"].values()),
            nodes=nodes,
            caches=tuple(Cache(level, frozenset(c), None) for (level, _), c in caches.items()),
            remarks=("This table has no sizes of caches (lscpu -J and --caches have).",),
        ),
        origin,
    )
