"""An imported machine as a file of `conf/hardware/`: values, comments, and a source for each."""

from __future__ import annotations

import json
import os
import re
import shlex
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sim.config.errors import ConfigError, message
from sim.config.files import CONF
from sim.config.sources import numeric_leaves, source_of
from sim.config.validation import validate
from sim.machine.settings.hardware import Hardware
from sim.machine_import.agreement import agreement
from sim.machine_import.forms import is_synthetic
from sim.machine_import.imported import Imported
from sim.machine_import.layout import Layout, numbers
from sim.machine_import.request import Request
from sim.machine_import.text import plain
from sim.machine_import.transfers import Value, occupancies
from sim.machine_import.unmeasured import Unmeasured
from sim.settings import Source

WIDTH = 98
COHERENCE = ("local", "base", "hop", "die")
# Sections of one line, as in the other files of conf/hardware/.
ONE_LINE = ("l1", "l2", "l3", "streaming", "link_packets")
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def document(
    request: Request, imported: Imported, assumed: Unmeasured, reference: Hardware
) -> tuple[str, Hardware]:
    """Write the file, and read it back: (text, machine).

    Raises:
        ConfigError: if the schema refuses the machine (too many dies, for example).
    """
    values, sources = _values(request, imported, assumed, reference)
    written = {key: source.model_dump(exclude_defaults=True) for key, source in sources.items()}
    body = _yaml({**values, "sources": written})
    machine = _checked(body, plain(request.source))
    header = _header(request, imported, machine)
    return f"{header}\n{body}", machine


def _checked(text: str, origin: str) -> Hardware:
    """Read a file as `hardware=` will, and check that every number has a source."""
    machine = validate(Hardware, yaml.safe_load(text), lambda key: f"{origin}: {key}")
    for leaf in numeric_leaves(machine):
        if source_of(machine.sources, leaf) is None:
            raise ConfigError(message(f"{origin}: {leaf}", "the number has no source"))
    return machine


# --- values --------------------------------------------------------------------------------


def _values(
    request: Request, imported: Imported, assumed: Unmeasured, reference: Hardware
) -> tuple[dict[str, Any], dict[str, Source]]:
    """Collect the settings in the order of the file, and their sources."""
    coherence, coherence_sources = _coherence(imported, reference)
    memory, memory_sources = _memory(imported, assumed, reference, coherence["hop_cycles"])
    interrupts, interrupts_sources = _interrupts(imported, reference)
    values: dict[str, Any] = {
        "name": request.name,
        "clock_ghz": imported.clock_ghz,
        "topology": _topology(imported),
        "caches": {
            level: {
                "capacity_kib": imported.caches_kib.get(level, cache.capacity_kib),
                "latency_cycles": cache.latency_cycles,
            }
            for level, cache in assumed.caches
        },
        "coherence": {"protocol": "directory", **coherence},
        "memory": memory,
        "scheduling": reference.scheduling.model_dump(),
        "messaging": reference.messaging.model_dump(),
        "interrupts": interrupts,
    }
    sources = {
        "clock_ghz": imported.clock_source,
        "topology": imported.layout_source,
        "topology.links": Source(
            kind="derived", where=f"{imported.links.reason} ({imported.layout_source.where})"
        ),
        "caches": assumed.sources["caches"],
        **{f"caches.{level}.capacity_kib": imported.caches_source for level in imported.caches_kib},
        **coherence_sources,
        **memory_sources,
        "scheduling": _as_on(reference),
        "messaging": _as_on(reference),
        **interrupts_sources,
    }
    for section in ("nic", "streaming", "link_packets"):
        value = getattr(reference, section)
        if value is not None:
            values[section] = value.model_dump()
            sources[section] = _as_on(reference)
    return values, sources


def _topology(imported: Imported) -> dict[str, Any]:
    """Collect the counts of packages, dies and cores, and the links."""
    layout = imported.layout
    return {
        "packages": len(layout.packages),
        "cores_per_package": layout.dies_per_package * layout.cores_per_die,
        "dies_per_package": layout.dies_per_package,
        "links": [list(pair) for pair in imported.links.pairs],
    }


def _memory(
    imported: Imported, assumed: Unmeasured, reference: Hardware, hop_cycles: int
) -> tuple[dict[str, Any], dict[str, Source]]:
    """Collect the costs of memory; a die of more cores than the reference's has faster memory."""
    clock, theirs, topology = imported.clock_ghz, reference.memory, reference.topology
    cores = max(imported.layout.cores_per_die, topology.cores_per_package)
    scale = cores / topology.cores_per_package
    busy_gb_s = theirs.together_gb_s or theirs.bandwidth_gb_s  # while all controllers stream
    per_core = f"as much for each core as on {reference.name}, no less than its controllers"
    values = {
        "latency_cycles": round(assumed.memory_latency_ns * clock),
        "hop_cycles": hop_cycles,
        "page_zero_cycles": round(theirs.page_zero_cycles / reference.clock_ghz * clock / scale),
        "bandwidth_gb_s": round(busy_gb_s * scale, 2),
        "outstanding_misses": theirs.outstanding_misses,
    }
    where = {
        "latency_cycles": f"{assumed.memory_latency_ns:g} ns x {clock:g} GHz; "
        + assumed.sources["memory_latency_ns"].where,
        "hop_cycles": "that of coherence, as on opteron_8x6",
        "page_zero_cycles": f"{per_core}: {theirs.page_zero_cycles} cycles / "
        f"{reference.clock_ghz:g} GHz x {clock:g} GHz / "
        f"({cores} / {topology.cores_per_package} cores)",
        "bandwidth_gb_s": f"{per_core}: {busy_gb_s:g} GB/s x {cores} "
        f"/ {topology.cores_per_package} cores",
        "outstanding_misses": _as_on(reference).where,
    }
    return values, {
        f"memory.{name}": Source(kind="assumed", where=text) for name, text in where.items()
    }


def _interrupts(
    imported: Imported, reference: Hardware
) -> tuple[dict[str, Any], dict[str, Source]]:
    """Collect the costs of interrupts: a hop takes the time that it takes on the reference."""
    theirs = reference.interrupts
    hop_cycles = round(theirs.hop_cycles / reference.clock_ghz * imported.clock_ghz)
    return theirs.model_dump() | {"hop_cycles": hop_cycles}, {
        "interrupts": _as_on(reference),
        "interrupts.hop_cycles": Source(
            kind="assumed",
            where=f"the time of {reference.name}: {theirs.hop_cycles} cycles / "
            f"{reference.clock_ghz:g} GHz",
        ),
    }


def _coherence(imported: Imported, reference: Hardware) -> tuple[dict[str, int], dict[str, Source]]:
    """Collect the costs of moving a line."""
    costs = imported.transfers
    found: dict[str, Value] = {
        "locked_instruction_cycles": Value(
            reference.coherence.locked_instruction_cycles, _as_on(reference)
        )
    }
    for name in COHERENCE:
        value = getattr(costs, name)
        if value is not None:
            found["hop_cycles" if name == "hop" else f"{name}_transfer_cycles"] = value
    found |= occupancies(costs, reference)
    return (
        {name: value.cycles for name, value in found.items()},
        {f"coherence.{name}": value.source for name, value in found.items()},
    )


def _as_on(reference: Hardware) -> Source:
    return Source(kind="assumed", where=f"as on {reference.name}")


# --- comments ------------------------------------------------------------------------------


def _header(request: Request, imported: Imported, machine: Hardware) -> str:
    """Say what the machine is, how it was imported, and what the import left out."""
    layout = imported.layout
    parts = _doubts(request, imported)
    parts.append(f"CPU numbers of the cores, in the model's order: {numbers(layout.cores)}.")
    parts += imported.remarks or _unlike(layout)
    parts.append(
        "All cores have one clock: performance and efficiency cores, if there are, do not differ."
    )
    fit = agreement(machine, imported.measured)
    if fit is not None:
        parts.append(f"The model's uncontended latency against the measured one: {fit}.")
    lines = [
        line
        for part in parts
        for line in textwrap.wrap(part, WIDTH, break_long_words=False, break_on_hyphens=False)
    ]
    first = [f"{shape(layout)}, from {imported.origin.rpartition('/')[2]}", "Imported by:"]
    first.append(f"  {command(request)}")
    return "\n".join(f"# {line}" for line in [*first, *lines])


def _unlike(layout: Layout) -> list[str]:
    """Say what of a layout found in latencies the model has not."""
    found = []
    if layout.threads_per_core > 1:
        found.append(
            f"Cores with {layout.threads_per_core} hardware threads count once, under their first "
            "number: the model has one thread for each core."
        )
    if layout.left_out:
        found.append(
            f"Left out, because the model's dies are all alike: CPUs {numbers(layout.left_out)}."
        )
    return found


def notes(request: Request, imported: Imported) -> list[str]:
    """List what the terminal is told: what the model has not, and what was assumed."""
    return [
        *imported.matrix_remarks,
        *_doubts(request, imported),
        *(imported.remarks or _unlike(imported.layout)),
        *imported.assumptions,
    ]


def shape(layout: Layout) -> str:
    """Say how many cores there are, and how they are grouped."""
    words = f"{layout.cores_per_die} core{'s' * (layout.cores_per_die > 1)}"
    if layout.dies_per_package > 1:
        words = f"{layout.dies_per_package} dies of {words}"
    if len(layout.packages) > 1:
        words = f"{len(layout.packages)} packages of {words}"
    return words


def _doubts(request: Request, imported: Imported) -> list[str]:
    """Say what the sources do not tell, or tell in a way that the model has not."""
    found = list(imported.transfers.remarks)
    packages = len(imported.layout.packages)
    if imported.layout_source.kind == "derived" and request.packages is None and packages > 1:
        found.insert(
            0,
            "Latencies cannot tell packages from dies of one package: that the largest groups are "
            "packages is assumed (--packages says otherwise).",
        )
    if packages > 2:
        found.append(f"Links: {imported.links.reason}.")
    return found


def command(request: Request) -> str:
    """Write the command that prints the file again, on the checkout's own sources."""
    words = ["python", "-m", "sim", "machine", "import"]
    if is_synthetic(request.source):
        words += [" ".join(request.source.split())]
    else:
        words += [_from_checkout(Path(request.source))]
    if request.latencies is not None:
        words += ["--latencies", _from_checkout(request.latencies)]
    words += ["--name", request.name]
    if request.clock_ghz is not None:
        words += ["--clock-ghz", str(request.clock_ghz).removesuffix(".0")]
    if request.caches_kib is not None:
        words += ["--caches", ",".join(map(str, request.caches_kib))]
    if request.packages is not None:
        words += ["--packages", str(request.packages)]
    if request.threads_per_core == 1:
        words += ["--no-smt"]
    elif request.threads_per_core is not None:
        words += ["--threads-per-core", str(request.threads_per_core)]
    if request.keep_packages:
        words += ["--keep-packages"]
    if request.nodes_as_packages:
        words += ["--nodes-as-packages"]
    return " ".join(quoted(word) for word in words)


def _from_checkout(path: Path) -> str:
    """Name a file so that it is found from the checkout: relative to it, or in full."""
    full, root = Path(os.path.abspath(path.expanduser())), CONF.parent
    if not full.resolve().is_relative_to(root):
        return str(full)
    inside = full.resolve().relative_to(root).as_posix()
    return f"./{inside}" if inside.startswith("-") else inside


def quoted(word: str) -> str:
    """Quote a word for a shell, on one line whatever it contains."""
    if word.isprintable():
        return shlex.quote(word)
    spelt = (
        character
        if character.isprintable() and character not in "'\\"
        else "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
        for character in word
    )
    return f"$'{''.join(spelt)}'"


# --- YAML ----------------------------------------------------------------------------------


def _yaml(values: Mapping[str, Any], indent: str = "") -> str:
    """Write a mapping in the style of conf/: sections indented, small ones on one line."""
    lines = []
    for key, value in values.items():
        if key == "sources":
            lines.append("\nsources:")
            lines += [f"  {name}: {_inline(source)}" for name, source in value.items()]
        elif isinstance(value, Mapping) and key not in ONE_LINE:
            lines += [f"{indent}{key}:", _yaml(value, f"{indent}  ").rstrip("\n")]
        else:
            lines.append(f"{indent}{key}: {_inline(value)}")
    return "\n".join(lines) + "\n"


def _inline(value: Any) -> str:
    """Write a value on one line; text in quotes unless it is a plain word."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    if isinstance(value, str) and PLAIN.fullmatch(value) and value not in WORDS:
        return value
    return json.dumps(value)


WORDS = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")
