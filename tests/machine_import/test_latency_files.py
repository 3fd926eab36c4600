"""Latencies are read from whatever table they stand in, and threads found however it is noisy."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.config.errors import ConfigError
from sim.machine_import.found_layout import find_layout
from sim.machine_import.latency_matrix import Matrix, read_matrix
from tests.machine_import.made_up import CLOCK_GHZ, made_up

Floats = NDArray[np.float64]
Rows = list[list[str]]


def cells(ns: Floats, keep: Callable[[int, int], bool], empty: str = "") -> Rows:
    """Write the cells that are kept, with two decimals; missing ones are 0."""
    number = range(len(ns))
    return [
        [f"{np.nan_to_num(ns[i, j]):.2f}" if keep(i, j) and i != j else empty for j in number]
        for i in number
    ]


def lower(i: int, j: int) -> bool:
    return j < i


def joined(rows: Rows, separator: str = ",") -> str:
    return "".join(separator.join(row) + "\n" for row in rows)


def headed(rows: Rows, separator: str, corner: str, label: str) -> str:
    top = [corner, *(f"{label}{i}" for i in range(len(rows)))]
    return joined([top, *([f"{label}{i}", *row] for i, row in enumerate(rows))], separator)


def console(ns: Floats) -> str:
    """What core-to-core-latency prints on a terminal."""
    n = len(ns)
    lines = ["CPU: Some CPU @ 3.00GHz", f"Num cores: {n}", "", "1) CAS latency", ""]
    lines += ["     " + "".join(f"{i:8d}" for i in range(n))]
    for i in range(n):
        row = "".join(f"{np.nan_to_num(ns[i, j]):6.2f}±0 " for j in range(i))
        lines.append(f"{i:5d}" + row)
    return "\n".join([*lines, "", "    Min  latency: 5.0ns ±0.1 cores: (1,0)", ""])


FORMS: dict[str, Callable[[Floats], str]] = {
    "lower triangle in full rows": lambda ns: joined(cells(ns, lower)),
    "upper triangle in full rows": lambda ns: joined(cells(ns, lambda i, j: j > i)),
    "both triangles": lambda ns: joined(cells(ns, lambda i, j: True, "0")),
    "semicolons": lambda ns: joined(cells(ns, lower), ";"),
    "semicolons and decimal commas": lambda ns: joined(cells(ns, lower), ";").replace(".", ","),
    "tabs": lambda ns: joined(cells(ns, lower), "\t"),
    "spaces": lambda ns: joined(cells(ns, lambda i, j: True, "0"), "  "),
    "spaces and dashes": lambda ns: joined(cells(ns, lower, "-"), " "),
    "headers": lambda ns: headed(cells(ns, lower), ",", "", ""),
    "headers of words": lambda ns: headed(cells(ns, lower), ",", "ns", "CPU"),
    "headers and tabs": lambda ns: headed(cells(ns, lower), "\t", "", "core "),
    "header without a column": lambda ns: (
        joined([[str(i) for i in range(len(ns))]]) + joined(cells(ns, lambda i, j: True, "0"))
    ),
    "comments and a title": lambda ns: "# some machine\n" + joined(cells(ns, lower)),
    "lines around": lambda ns: f"Num cores: {len(ns)}\n\n{joined(cells(ns, lower))}\nMin: 5ns\n",
    "blank lines between": lambda ns: joined(cells(ns, lower)).replace("\n", "\n\n"),
    "CRLF": lambda ns: joined(cells(ns, lower)).replace("\n", "\r\n"),
    "triangle": lambda ns: joined([row[: i + 1] for i, row in enumerate(cells(ns, lower, "0"))]),
    "triangle without diagonal": lambda ns: joined(
        [row[:i] for i, row in enumerate(cells(ns, lower))]
    ),
    "triangle without diagonal or first line": lambda ns: joined(
        [row[:i] for i, row in enumerate(cells(ns, lower))][1:]
    ),
    "upper triangle": lambda ns: joined(
        [row[i:] for i, row in enumerate(cells(ns, lambda i, j: j > i, "0"))]
    ),
    "upper triangle without diagonal": lambda ns: joined(
        [row[i + 1 :] for i, row in enumerate(cells(ns, lambda i, j: j > i))][:-1]
    ),
    "list of pairs": lambda ns: (
        "from,to,ns\n"
        + "".join(f"{i},{j},{ns[i, j]:.2f}\n" for i in range(len(ns)) for j in range(i))
    ),
    "terminal": console,
}


NOT_OF_TWO_CPUS = (
    "triangle without diagonal or first line",
    "upper triangle without diagonal",
    "header without a column",
    "list of pairs",
)


def read(text: str, encoding: str = "utf-8") -> Matrix:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "m.csv"
        file.write_bytes(text.encode(encoding))
        return read_matrix(file, "m.csv")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("cores", "threads"), [(2, 1), (4, 1), (4, 2), (6, 2), (10, 2)])
def test_a_table_is_read_in_every_form(form: str, cores: int, threads: int) -> None:
    ns = made_up(1, 1, cores, threads, (40.0, 90.0, 200.0), 0.03, 0, True, cores).latencies
    if cores * threads < 4 and form in NOT_OF_TWO_CPUS:
        pytest.skip("one row is no table")
    found = read(FORMS[form](ns)).ns
    assert found.shape == ns.shape
    np.testing.assert_allclose(found, ns, atol=0.0051)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_table_of_a_windows_shell_is_read(encoding: str) -> None:
    ns = made_up(1, 1, 4, 2, (40.0, 90.0, 200.0), 0.03, 0, True, 1).latencies
    text = joined(cells(ns, lower)).replace("\n", "\r\n")
    np.testing.assert_allclose(read(text, encoding).ns, ns, atol=0.0051)


def test_rows_in_another_order_are_put_into_that_of_their_headers() -> None:
    ns = made_up(1, 2, 4, 1, (40.0, 90.0, 200.0), 0.03, 0, True, 1).latencies
    order = np.random.default_rng(0).permutation(len(ns))
    rows = cells(ns[np.ix_(order, order)], lambda i, j: True)
    top = ["", *(f"CPU{i}" for i in order)]
    text = joined([top, *([f"CPU{i}", *row] for i, row in zip(order, rows, strict=True))])
    found = read(text)
    np.testing.assert_allclose(found.ns, ns, atol=0.0051)
    assert any("order of the CPU numbers" in remark for remark in found.remarks)


@given(zeros=st.integers(1, 12), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_zeros_are_pairs_that_were_not_measured_counted_and_said(zeros: int, seed: int) -> None:
    ns = made_up(1, 1, 8, 2, (40.0, 90.0, 200.0), 0.03, 0, True, seed).latencies
    rows = cells(ns, lower)
    pairs = [(i, j) for i in range(len(ns)) for j in range(i)]
    for k in np.random.default_rng(seed).permutation(len(pairs))[:zeros]:
        i, j = pairs[k]
        rows[i][j] = "0"
    found = read(joined(rows))
    assert int(np.isnan(found.ns).sum()) == 2 * zeros + len(ns)
    said = f"{zeros} of {len(pairs)} pairs of CPUs were not measured, {zeros} of them written as 0"
    assert any(said in remark for remark in found.remarks)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (",\n50,\n\n,\n80,\n", "2 tables of 2, 2 rows"),
        ("name,mean,unit\na,b,c\nd,e,f\n", "a header, 'name', of other things"),
        ("     0    1\n 0\n 1  50±1\n 0\n 1  60±1\n", "several tables of a terminal"),
        ("     0    1   2\n 0\n 1  50±1\n 2  60±1\n", "cut off or wrapped"),
    ],
)
def test_a_foreign_table_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(text)


# --- threads of a core ---------------------------------------------------------------------


def noisy(threads_adjacent: bool, cores: int, disturbed: int, seed: int) -> Floats:
    """Latencies of cores with two threads, of which some pairs were disturbed by other work."""
    machine = made_up(1, 1, cores, 2, (40.0, 40.0, 40.0), 0.04, 0, threads_adjacent, seed)
    ns = machine.latencies
    random = np.random.default_rng(seed)
    # Not the last: pairs of it look like cores of one thread, as a hybrid has after those of two.
    for core in random.permutation(cores - 1)[:disturbed]:
        pair = (2 * core, 2 * core + 1) if threads_adjacent else (core, core + cores)
        ns[pair] = ns[pair[::-1]] = random.uniform(20, 60)
    return ns


@given(
    adjacent=st.booleans(),
    cores=st.integers(4, 24),
    share=st.floats(0, 0.2),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_a_few_disturbed_pairs_do_not_make_cores_of_threads(
    adjacent: bool, cores: int, share: float, seed: int
) -> None:
    ns = noisy(adjacent, cores, int(share * cores), seed)
    layout = find_layout(ns, CLOCK_GHZ, 1, None, "it").layout
    assert len(layout.cores) == cores
    assert layout.threads_per_core == 2
    assert find_layout(ns, CLOCK_GHZ, 1, 2, "it").layout.threads_per_core == 2
    assert len(find_layout(ns, CLOCK_GHZ, 1, 1, "it").layout.cores) == 2 * cores


@given(
    fast=st.integers(2, 10),
    slow=st.integers(4, 12),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40)
def test_cores_of_one_thread_after_those_of_two_stay_cores(fast: int, slow: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    core = np.r_[np.repeat(np.arange(fast), 2), fast + np.arange(slow)]
    ns = np.where(core[:, None] == core, 5.0, 38.0)
    ns = np.tril(ns * np.exp(0.05 * random.standard_normal(ns.shape)), -1)
    ns = ns + ns.T
    np.fill_diagonal(ns, np.nan)
    found = find_layout(ns, CLOCK_GHZ, 1, None, "it").layout
    assert len(found.cores) == fast + slow


@given(seed=st.integers(0, 2**32 - 1), threads=st.sampled_from([2, 4]))
@settings(max_examples=30)
def test_threads_numbered_in_no_usual_way_are_found_by_their_groups(
    seed: int, threads: int
) -> None:
    machine = made_up(1, 1, 6, threads, (40.0, 40.0, 40.0), 0.02, 0, True, seed)
    order = np.random.default_rng(seed).permutation(len(machine.latencies))
    ns = machine.latencies[np.ix_(order, order)]
    layout = find_layout(ns, CLOCK_GHZ, 1, None, "it").layout
    assert len(layout.cores) == 6
    found = {frozenset(int(order[cpu]) for cpu in core) for core in layout.cores}
    assert found == machine.cores


@given(
    packages=st.sampled_from([1, 2]),
    dies=st.sampled_from([2, 3, 4]),
    lost=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40)
def test_no_core_is_lost_for_a_layout_that_explains_the_others(
    packages: int, dies: int, lost: int, seed: int
) -> None:
    """Some cores are disturbed against all others, so that their dies seem smaller."""
    machine = made_up(packages, dies, 6, 1, (25.0, 100.0, 220.0), 0.03, 0, True, seed)
    ns = machine.latencies
    for core in np.random.default_rng(seed).permutation(len(ns))[:lost]:
        ns[core] = np.where(ns[core] < 60, 110.0, ns[core])
        ns[:, core] = ns[core]
    layout = find_layout(ns, CLOCK_GHZ, None, 1, "it").layout
    assert len(layout.cores) >= 0.8 * len(ns)


def test_threads_that_do_not_divide_the_cpus_are_refused() -> None:
    ns = made_up(1, 1, 5, 1, (40.0, 40.0, 40.0), 0.02, 0, True, 0).latencies
    with pytest.raises(ConfigError, match="--threads-per-core 2: 5 CPUs do not divide"):
        find_layout(ns, CLOCK_GHZ, 1, 2, "it")
