"""What the papers say was typed twice; this compares the second time with the first.

The tables beside this file were typed from the papers alone, without looking at `conf/` or at
`reference/`: a figure that was misread or a slipped digit would have to be wrong twice, in the same
way. Whatever `conf/` calls *measured* needs an entry here, so a new number needs a second reading.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.project_files import in_folder

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
Fact = Callable[[str], float]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@cache
def facts(paper: str) -> Mapping[str, float]:
    table = rows(HERE / f"{paper}.csv")
    found = {row["fact"]: float(row["value"]) for row in table}
    assert len(found) == len(table), f"{paper}.csv says something twice"
    return found


def osdi10(fact: str) -> float:
    return facts("osdi10")[fact]


def sosp09(fact: str) -> float:
    return facts("sosp09")[fact]


def corey(fact: str) -> float:
    return facts("corey")[fact]


# --- conf/: every leaf that a file's sources call measured


def leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(f"{key}.{name}" if key else name, inner)
    else:
        yield key, value


def measured() -> dict[str, Any]:
    """Leaves of the project's conf/ whose nearest source is of the kind measured, as file:key."""
    found = {}
    for path in in_folder("conf", ".yaml"):
        content = yaml.load(path.read_text(), yaml.CSafeLoader)
        sources = content.pop("sources", None) or {}
        for key, value in leaves("", content):
            above = [name for name in sources if key == name or key.startswith(f"{name}.")]
            if above and sources[max(above, key=len)]["kind"] == "measured":
                file = path.relative_to(ROOT / "conf").with_suffix("")
                found[f"{file.as_posix()}:{key}"] = value
    return found


MEASURED = measured()


def expected() -> dict[str, Any]:
    """What the second transcription says about them."""
    clock, l3 = osdi10("clock"), osdi10("L3 cache per package")
    opteron = {
        "clock_ghz": clock,
        "topology.packages": osdi10("packages"),
        "topology.cores_per_package": osdi10("cores per package"),
        "caches.l1.capacity_kib": osdi10("L1 data cache per core"),
        "caches.l1.latency_cycles": osdi10("L1 latency"),
        "caches.l2.capacity_kib": osdi10("L2 cache per core"),
        "caches.l2.latency_cycles": osdi10("L2 latency"),
        "caches.l3.capacity_kib": 1024 * (l3 - osdi10("L3 taken by the probe filter")),
        "caches.l3.latency_cycles": osdi10("L3 latency"),
        "memory.latency_cycles": osdi10("local DRAM latency"),
        "nic.wire_gbit_s": osdi10("NIC line rate"),
    }
    found = {f"hardware/opteron_8x6:{key}": value for key, value in opteron.items()}
    for machine in ("intel_2x4", "amd_2x2", "amd_4x4", "amd_8x4"):
        for key, fact in {
            "clock_ghz": "clock",
            "topology.packages": "packages",
            "topology.cores_per_package": "cores per package",
        }.items():
            found[f"hardware/{machine}:{key}"] = sosp09(f"{machine} {fact}")
    for machine in ("opteron_8x6", "intel_2x4", "amd_2x2", "amd_4x4", "amd_8x4"):
        found |= {
            f"hardware/{machine}:scheduling.wake_cycles": sosp09("waking by IPI"),
            f"hardware/{machine}:interrupts.trap_cycles": sosp09("remote trap"),
            f"hardware/{machine}:interrupts.tlb_invalidation_cycles": sosp09(
                "slowest TLB invalidation"
            ),
        }
    dies = sosp09("intel_2x4 cores per package") / sosp09("intel_2x4 cores per die")
    found |= {
        "hardware/intel_2x4:topology.dies_per_package": dies,
        "hardware/intel_2x4:caches.l2.capacity_kib": 1024 * sosp09("intel_2x4 L2 cache per die"),
        "hardware/amd_2x2:caches.l2.capacity_kib": 1024 * sosp09("amd_2x2 L2 cache per core"),
    }
    for machine in ("amd_4x4", "amd_8x4"):
        caches = f"hardware/{machine}:caches"
        l3 = sosp09(f"{machine} L3 cache per package")
        found |= {
            f"{caches}.l1.capacity_kib": corey("L1 cache"),
            f"{caches}.l1.latency_cycles": corey("L1 latency"),
            f"{caches}.l2.capacity_kib": sosp09(f"{machine} L2 cache per core"),
            f"{caches}.l2.latency_cycles": corey("L2 latency"),
            f"{caches}.l3.capacity_kib": 1024 * l3,
            f"{caches}.l3.latency_cycles": corey("L3 latency"),
        }
    programs = ("apache", "exim", "gmake", "memcached", "metis", "pedsort", "postgres", "micro/udp")
    found |= {f"workload/{name}:measured_at_ghz": clock for name in programs}
    pages = 1024 * osdi10("pedsort hash table per core") / osdi10("page")
    found |= {
        "workload/exim:connection_messages": osdi10("Exim messages per connection"),
        "workload/exim:forks": osdi10("Exim forks per message"),
        "workload/exim:spool_directories": osdi10("Exim spool directories"),
        "workload/memcached:batch_requests": osdi10("memcached requests per batch"),
        "workload/memcached:request_bytes": osdi10("memcached request size"),
        "workload/memcached:response_bytes": osdi10("memcached response size"),
        "workload/apache:opens": osdi10("Apache opens per request"),
        "workload/pedsort:files": osdi10("pedsort files"),
        "workload/pedsort:table_pages": pages,
        "workload/postgres:lock_manager.partitions": osdi10("PostgreSQL lock mutexes as shipped"),
        "workload/postgres:lock_manager.modified_partitions": osdi10(
            "PostgreSQL lock mutexes as modified"
        ),
        "workload/ip_loopback:payload_bytes": sosp09("loopback payload"),
        "workload/micro/polling:poll_cycles": sosp09("waking by IPI"),
        "workload/micro/polling:wake_cycles": sosp09("waking by IPI"),
        "workload/micro/serial_section:serial_fraction": 1
        / osdi10("speed-up bound of a 25 % serial program"),
        "workload/micro/urpc:queue_length": sosp09("URPC queue length"),
    }
    for name in ("web_server", "web_database"):
        found |= {
            f"workload/{name}:driver_core": sosp09("web driver core"),
            f"workload/{name}:server_core": sosp09("web server core"),
        }
    found["workload/web_database:database_core"] = sosp09("web database core")
    return found


EXPECTED = expected()

# Measured leaves that no sentence of a paper gives: what they are compared with instead.
ELSEWHERE = {
    "hardware/opteron_8x6:coherence.local_transfer_cycles": "machines/core_to_core_classes.csv",
    "hardware/opteron_8x6:memory.bandwidth_gb_s": "machines/opteron48_memory_scan.csv",
    "hardware/opteron_8x6:memory.core_read_gb_s": "machines/opteron48_memory_scan.csv",
    "hardware/opteron_8x6:memory.core_write_gb_s": "machines/opteron48_memory_scan.csv",
    "workload/exim:user_us": "linux_osdi10/fig04_exim.csv: PK user time",
    "workload/apache:user_us": "linux_osdi10/fig06_apache.csv: PK user time",
    "workload/micro/line_sharing:lines": "the microbenchmark's own choice",
    "workload/micro/line_sharing:period_cycles": "the microbenchmark's own choice",
    "workload/micro/shared_update:lines": "the paper takes 1, 2, 4 and 8",
    "workload/postgres:write_fraction": "the paper takes none and 5 %",
}


@pytest.mark.parametrize("leaf", EXPECTED)
def test_a_measured_setting_is_what_the_paper_says(leaf: str) -> None:
    assert MEASURED[leaf] == EXPECTED[leaf]


def test_every_measured_setting_was_read_twice() -> None:
    links = {leaf for leaf in MEASURED if leaf.endswith(":topology.links")}
    assert MEASURED.keys() - links == EXPECTED.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("machine", ["amd_8x4", "opteron_8x6"])
def test_the_links_are_those_of_the_boards_drawing(machine: str) -> None:
    drawn = {
        tuple(sorted((int(row["package"]), int(other))))
        for row in rows(HERE / "links.csv")
        for other in row["linked"].split()
    }
    links = [tuple(sorted(link)) for link in MEASURED[f"hardware/{machine}:topology.links"]]
    assert len(links) == sosp09("amd_8x4 links")
    assert set(links) == drawn


def test_four_packages_stand_in_a_square_and_two_side_by_side() -> None:
    square = MEASURED["hardware/amd_4x4:topology.links"]
    assert len(square) == 4
    assert all(sum(node in link for link in square) == 2 for node in range(4))
    for machine in ("amd_2x2", "intel_2x4"):
        assert MEASURED[f"hardware/{machine}:topology.links"] == [[0, 1]]


@pytest.mark.parametrize(
    ("workload", "figure"), [("exim", "fig04_exim"), ("apache", "fig06_apache")]
)
def test_user_time_is_the_figures_at_one_core(workload: str, figure: str) -> None:
    found = published(f"linux_osdi10/{figure}.csv")["PK user time"]
    assert MEASURED[f"workload/{workload}:user_us"] == found[1]


# --- reference/: prose and tables


def table(file: str, *columns: str) -> dict[tuple[str, ...], str]:
    return {tuple(row[name] for name in columns): row["value"] for row in rows(ROOT / file)}


PROSE_OSDI10 = {
    "kernel lines added and removed by the fixes": "code changed in the kernel",
    "L1 latency": "L1 latency",
    "L2 latency": "L2 latency",
    "L3 latency": "L3 latency",
    "local DRAM latency": "local DRAM latency",
    "farthest DRAM latency": "farthest DRAM latency",
    "L3 per chip": "L3 cache per package",
    "L3 used by the probe filter per chip": "L3 taken by the probe filter",
    "maximum DRAM throughput of the machine": "maximum DRAM throughput",
    "Metis DRAM throughput at 48 cores": "Metis DRAM throughput at 48 cores",
    "kernel time at 1 core exim": "Exim kernel time at 1 core",
    "kernel time at 1 core memcached": "memcached kernel time at 1 core",
    "kernel time at 1 core apache": "Apache kernel time at 1 core",
    "kernel time at 1 core postgres read-only": "PostgreSQL read-only kernel time at 1 core",
    "kernel time at 48 cores postgres read-only stock": (
        "PostgreSQL read-only kernel time at 48 cores"
    ),
    "kernel time at 1 core gmake": "gmake kernel time at 1 core",
    "kernel time at 1 core pedsort threads": "pedsort threads kernel time at 1 core",
    "kernel time at 48 cores pedsort threads": "pedsort threads kernel time at 48 cores",
    "kernel time at 1 core metis 4KB": "Metis 4 KB pages kernel time at 1 core",
    "kernel time at 48 cores metis 4KB": "Metis 4 KB pages kernel time at 48 cores",
    "messages per SMTP connection exim": "Exim messages per connection",
    "forks per message exim": "Exim forks per message",
    "spool directories exim": "Exim spool directories",
    "gain of local packet-buffer allocation memcached": "memcached gain of local packet buffers",
    "gain of removing one falsely shared net_device line at 48 cores memcached": (
        "memcached gain of one falsely shared line at 48 cores"
    ),
    "idle time at 48 cores apache PK": "Apache idle time at 48 cores on PK",
    "packets per second offered at 48 cores apache PK": "NIC packets per second under Apache",
    "NIC packet limit in independent tests": "NIC packets per second in other tests",
    "system time at 32 cores postgres read-only stock + mod PG": (
        "PostgreSQL system time per query at 32 cores"
    ),
    "system time at 48 cores postgres read-only stock + mod PG": (
        "PostgreSQL system time per query at 48 cores"
    ),
    "lock partitions postgres unmodified": "PostgreSQL lock mutexes as shipped",
    "lock partitions postgres modified": "PostgreSQL lock mutexes as modified",
    "speed-up at 48 cores gmake": "gmake speed-up at 48 cores",
    "system time pedsort threads at 1 core": "pedsort threads system time at 1 core",
    "system time pedsort threads at 48 cores": "pedsort threads system time at 48 cores",
    "Amdahl bound for a 25% serial program": "speed-up bound of a 25 % serial program",
}
PROSE_SOSP09 = {
    ("single-core update without sharing", "cycles (upper bound)"): "update by one core alone",
    ("extra cycles of SHM8 at 16 cores", "cycles (almost)"): (
        "added cycles of an update by 16 cores"
    ),
    ("server updates per second over 16 SHM8 threads combined", "x"): (
        "updates at a server over those by 16 cores"
    ),
    ("trap taken by a core on an IPI", "cycles (about)"): "remote trap",
    ("wake-up by IPI after blocking (C)", "cycles (around)"): "waking by IPI",
    ("L4 IPC on 2x2-core AMD", "cycles (about)"): "L4 IPC in the text",
    ("UDP echo Barrelfish 2x4-core Intel", "Mbit/s"): "UDP echo Barrelfish",
    ("UDP echo Linux 2x4-core Intel", "Mbit/s"): "UDP echo Linux",
    ("static web Barrelfish 2x2-core AMD", "requests/s"): "web requests Barrelfish",
    ("static web Barrelfish 2x2-core AMD", "Mbit/s"): "web payload rate Barrelfish",
    ("static web lighttpd/Linux 2x2-core AMD", "requests/s"): "web requests lighttpd",
    ("static web lighttpd/Linux 2x2-core AMD", "Mbit/s"): "web payload rate lighttpd",
    ("web + SQLite Barrelfish 2x2-core AMD", "requests/s"): "web requests with a database",
    ("static page size", "kB"): "web page",
    ("IP loopback payload", "bytes"): "loopback payload",
    ("URPC pipelined queue length", "messages"): "URPC queue length",
    ("CPU driver in C", "lines"): "C code of the CPU driver",
    ("CPU driver in assembler", "lines"): "assembler code of the CPU driver",
}
RANGE = ("TLB invalidation", "cycles")


def test_the_prose_of_osdi10_was_read_the_same_way_twice() -> None:
    found = table("reference/linux_osdi10/scalars.csv", "quantity")
    assert {name: float(value) for (name,), value in found.items()} == {
        name: osdi10(fact) for name, fact in PROSE_OSDI10.items()
    }


def test_the_prose_of_sosp09_was_read_the_same_way_twice() -> None:
    found = table("reference/multikernel_sosp09/scalars.csv", "quantity", "unit")
    fastest, slowest = found.pop(RANGE).split("-")
    assert float(fastest) == sosp09("fastest TLB invalidation")
    assert float(slowest) == sosp09("slowest TLB invalidation")
    assert {key: float(value) for key, value in found.items()} == {
        key: sosp09(fact) for key, fact in PROSE_SOSP09.items()
    }


SYSTEMS = {
    "intel_2x4": "2x4-core Intel",
    "amd_2x2": "2x2-core AMD",
    "amd_4x4": "4x4-core AMD",
    "amd_8x4": "8x4-core AMD",
}
UNITS = {"": "cycles", " time": "ns", " throughput": "msgs/kcycle"}
L4_ROWS = {
    "latency": ("URPC latency beside L4", "L4 IPC latency"),
    "throughput": ("URPC throughput beside L4", "L4 IPC throughput"),
    "Icache lines used": ("URPC instruction cache lines", "L4 IPC instruction cache lines"),
    "Dcache lines used": ("URPC data cache lines", "L4 IPC data cache lines"),
}
LOOPBACK_ROWS = {
    "throughput": "throughput",
    "Dcache misses per packet": "cache misses per packet",
    "source->sink HT traffic per packet": "source to sink traffic",
    "sink->source HT traffic per packet": "sink to source traffic",
    "source->sink HT link utilization": "source to sink utilisation",
    "sink->source HT link utilization": "sink to source utilisation",
}


def message_facts(kind: str, units: Mapping[str, str]) -> dict[tuple[str, str], float]:
    """What was typed of LRPC or URPC, by row and unit of the published table."""
    found = {}
    for fact, value in facts("sosp09").items():
        machine, _, rest = fact.partition(" ")
        if machine in SYSTEMS and rest.startswith(kind):
            place = rest.removeprefix(kind)
            ending = next((end for end in (" time", " throughput") if place.endswith(end)), "")
            row = "/".join(filter(None, (SYSTEMS[machine], place.removesuffix(ending).strip())))
            found[row, units[ending]] = value
    return found


@pytest.mark.parametrize(("file", "kind"), [("table1_lrpc", "LRPC"), ("table2_urpc", "URPC")])
def test_the_tables_of_message_costs_were_read_the_same_way_twice(file: str, kind: str) -> None:
    found = table(f"reference/multikernel_sosp09/{file}.csv", "row", "unit")
    assert {key: float(value) for key, value in found.items()} == message_facts(kind, UNITS)


def test_the_table_of_urpc_and_l4_was_read_the_same_way_twice() -> None:
    found = table("reference/multikernel_sosp09/table3_urpc_vs_l4.csv", "row", "quantity")
    assert {key: float(value) for key, value in found.items()} == {
        (row, quantity): sosp09(fact)
        for quantity, named in L4_ROWS.items()
        for row, fact in zip(("URPC", "L4 IPC"), named, strict=True)
    }


def test_the_table_of_ip_loopback_was_read_the_same_way_twice() -> None:
    found = table("reference/multikernel_sosp09/table4_ip_loopback.csv", "row", "quantity")
    assert {key: float(value) for key, value in found.items()} == {
        (row, quantity): sosp09(f"loopback {fact} {row}")
        for quantity, fact in LOOPBACK_ROWS.items()
        for row in ("Barrelfish", "Linux")
    }


@pytest.mark.parametrize(("file", "kind"), [("table1_lrpc", "LRPC"), ("table2_urpc", "URPC")])
def test_published_times_are_published_cycles_at_the_published_clock(file: str, kind: str) -> None:
    typed = message_facts(kind, UNITS)
    for (row, unit), value in typed.items():
        if unit == "ns":
            machine = next(name for name, text in SYSTEMS.items() if row.startswith(text))
            assert abs(typed[row, "cycles"] / sosp09(f"{machine} clock") - value) <= 0.51


def test_the_sixteen_fixes_and_their_applications_were_read_the_same_way_twice() -> None:
    typed = {
        row["bottleneck"].replace("-grained", " grained"): set(row["applications"].lower().split())
        for row in rows(HERE / "fixes.csv")
    }
    found = {
        row["bottleneck"]: set(row["applications"].replace("postgres", "postgresql").split("|"))
        for row in rows(ROOT / "reference/linux_osdi10/fig01_fixes.csv")
    }
    assert found == typed
    assert len(found) == osdi10("fixes")


def test_page_faults_were_read_the_same_way_twice() -> None:
    names = {"processes": "private", "threads": "shared"}
    typed = {
        (names[row["series"]], cores): value
        for row in rows(HERE / "page_fault.csv")
        for cores, value in row.items()
        if cores != "series"
    }
    found = {
        (row["address_space"], row["active_cores"]): row["mean_cycles_per_fault"]
        for row in rows(ROOT / "reference/machines/opteron48_page_fault.csv")
    }
    assert found == typed


# --- reference/: figures, against what was read off them separately


@cache
def published(file: str) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for row in rows(ROOT / "reference" / file):
        found.setdefault(row["series"], {})[int(row["x"])] = float(row["y"])
    return found


def quantity(curve: dict[int, float], asked: str) -> float:
    match asked.split():
        case ["ratio", *_]:
            return curve[48] / curve[1]
        case ["highest", "total"]:
            return max(cores * value for cores, value in curve.items())
        case ["cores", *_]:
            return max(curve, key=lambda cores: cores * curve[cores])
        case ["at", cores, _]:
            return curve[int(cores)]
    raise ValueError(asked)


CURVES = rows(HERE / "curves.csv")


@pytest.mark.parametrize(
    "row", CURVES, ids=[f"{row['curve']}: {row['quantity']}" for row in CURVES]
)
def test_what_was_read_off_a_figure_is_on_its_published_curve(row: dict[str, str]) -> None:
    figure, _, series = row["curve"].partition(" ")
    (path,) = (ROOT / "reference").glob(f"*/{figure}.csv")
    read = Decimal(row["value"])
    step = Decimal(1).scaleb(int(read.as_tuple().exponent))
    found = quantity(published(f"{path.parent.name}/{path.name}")[series], row["quantity"])
    assert abs(found - float(read)) <= 0.55 * float(step)


def test_a_busy_machine_spends_the_time_that_its_throughput_says() -> None:
    curves = published("linux_osdi10/fig04_exim.csv")
    for cores, rate in curves["PK"].items():
        spent = curves["PK user time"][cores] + curves["PK system time"][cores]
        assert rate * spent / 1e6 == pytest.approx(1, abs=0.002)
