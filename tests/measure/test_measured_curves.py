"""Measured curves in, tidy CSV out: one number in each row, with its unit and its file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.__main__ import main
from sim.config.errors import ConfigError
from sim.measure.tidy import form_of

C2C = Path(__file__).parent / "data" / "c2c.txt"
WILL_IT_SCALE = """tasks,processes,processes_idle,threads,threads_idle,linear
0,0,100,0,100,0
1,1000000,50.1,900000,50.2,1000000
2,1900000,0.5,1100000,0.6,2000000
"""
LOCKS = """# output: contended, total wait, max wait, avg wait, type, caller
19, 194232, 21415, 10222, spinlock, process_one_work+0x1f0
15, 162748, 23843, 10849, rwsem:R, do_user_addr_fault+0x40e
# debug: total=34, bad=0, bad_task=0
"""


def tidy(file: Path, capsys: Any) -> tuple[list[dict[str, str]], str]:
    assert main(["machine", "import", str(file)]) == 0
    printed = capsys.readouterr()
    return list(csv.DictReader(io.StringIO(printed.out))), printed.err


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(text: str, name: str = "m.csv") -> Path:
        file = tmp_path / name
        file.write_text(text)
        return file

    return write


def test_will_it_scale_becomes_curves_in_the_columns_of_the_reference(
    written: Any, capsys: Any
) -> None:
    rows, told = tidy(written(WILL_IT_SCALE, "page_fault1.csv"), capsys)
    assert list(rows[0]) == ["series", "x", "x_unit", "y", "y_unit", "source"]
    found = {(row["series"], row["x"]): row for row in rows}
    assert len(found) == len(rows) == 8
    assert found["threads", "2"]["y"] == "1100000"
    assert found["threads", "2"]["y_unit"] == "operations/sec"
    assert found["processes_idle", "1"]["y"] == "50.1"
    assert found["processes_idle", "1"]["y_unit"] == "percent"
    assert {row["source"] for row in rows} == {"page_fault1.csv"}
    assert "will-it-scale" in told and "workload=scale/" in told


def test_a_program_without_threads_has_no_curve_of_them(written: Any, capsys: Any) -> None:
    rows, told = tidy(written(WILL_IT_SCALE.replace("900000", "0").replace("1100000", "0")), capsys)
    assert {row["series"] for row in rows} == {"processes", "processes_idle"}
    assert "threads: nothing was measured." in told


@pytest.mark.parametrize("separator", [", ", "; ", " | ", "\t"])
def test_locks_are_read_with_any_separator(separator: str, written: Any, capsys: Any) -> None:
    rows, told = tidy(written(LOCKS.replace(", ", separator), "locks.txt"), capsys)
    assert [row["quantity"] for row in rows[:4]] == [
        "contended",
        "total_wait",
        "max_wait",
        "avg_wait",
    ]
    assert rows[0] == {
        "lock": "process_one_work+0x1f0",
        "type": "spinlock",
        "quantity": "contended",
        "value": "19",
        "unit": "waits",
        "source": "locks.txt",
    }
    assert (rows[5]["lock"], rows[5]["value"]) == ("do_user_addr_fault+0x40e", "162748")
    assert len(rows) == 8
    assert "perf lock contention" in told


def test_locks_by_address_and_by_task_are_named_by_symbol_and_command(
    written: Any, capsys: Any
) -> None:
    by_address = "# output: contended, total wait, max wait, avg wait, address, symbol, type\n"
    rows, _ = tidy(written(by_address + "6, 787, 400, 131, ffff9b, mmap_lock, rwsem\n"), capsys)
    assert (rows[0]["lock"], rows[0]["type"]) == ("mmap_lock", "rwsem")
    by_task = "# output: contended, total wait, max wait, avg wait, pid, comm\n"
    rows, _ = tidy(written(by_task + "6, 787, 400, 131, 42, a, b\n"), capsys)
    assert rows[0]["lock"] == "a, b"


READERS = {
    "": """ contended   total wait     max wait     avg wait         type   caller

        19    194.23 us     21.41 us     10.22 us     spinlock   process_one_work+0x1f0
         2      1.41 ms      1.40 ms    705.00 us      rwsem:R   do_user_addr_fault+0x40e
         1       787 ns       787 ns       787 ns        mutex   a::b(int, char)+0x1a
                        0xffffffff8a1b2c3d  do_user_addr_fault+0x40e

=== output for debug ===

bad: 0, total: 22
bad rate: 0.00 %
""",
    "-l": """ contended   total wait     max wait     avg wait            address   symbol

        19    194.23 us     21.41 us     10.22 us   ffff9b0a3f5e2a40   process_one_work (spinlock)
         2      1.41 ms      1.40 ms    705.00 us   ffff9b0a3f5e2a48   &task_struct (rwsem:R)
         1       787 ns       787 ns       787 ns   ffff9b0a3f5e2a50    (mutex)
""",
    "-t": """ contended   total wait     max wait     avg wait          pid   comm

        19    194.23 us     21.41 us     10.22 us         4711   process one
         2      1.41 ms      1.40 ms    705.00 us           -1   Unknown
         1       787 ns       787 ns       787 ns            1   systemd
""",
}


@pytest.mark.parametrize(
    ("flag", "names", "kinds"),
    [
        (
            "",
            ["process_one_work+0x1f0", "do_user_addr_fault+0x40e", "a::b(int, char)+0x1a"],
            ["spinlock", "rwsem:R", "mutex"],
        ),
        (
            "-l",
            ["process_one_work", "&task_struct", "ffff9b0a3f5e2a50"],
            ["spinlock", "rwsem:R", "mutex"],
        ),
        ("-t", ["process one", "Unknown", "systemd"], ["", "", ""]),
    ],
)
def test_the_table_for_readers_is_read_with_its_units(
    flag: str, names: list[str], kinds: list[str], written: Any, capsys: Any
) -> None:
    rows, told = tidy(written("Warning: of perf\n" + READERS[flag], "locks.txt"), capsys)
    total = [row for row in rows if row["quantity"] == "total_wait"]
    assert [row["lock"] for row in total] == names
    assert [row["type"] for row in total] == kinds
    assert [row["value"] for row in total] == ["194230", "1410000", "787"]
    assert {row["unit"] for row in total} == {"ns"}
    assert "two decimals" in told


def test_fields_are_those_that_were_asked_for_whatever_stands_before_them(
    written: Any, capsys: Any
) -> None:
    text = "Warning: 3 of perf\n\n# output: max wait, contended, type, caller, stacktrace\n"
    row = "21415, 19, spinlock, f+0x1f0"
    stack = ", 0xffffffff8a1b f+0x1f0: 0xffffffff8a1c g+0x2"
    rows, _ = tidy(written(f"{text}{row}{stack}\n{row.replace('f+', 'h+')}\n"), capsys)
    found = {(one["lock"], one["quantity"]): one["value"] for one in rows}
    assert found == {
        ("f+0x1f0", "max_wait"): "21415",
        ("f+0x1f0", "contended"): "19",
        ("h+0x1f0", "max_wait"): "21415",
        ("h+0x1f0", "contended"): "19",
    }
    rows, _ = tidy(written("# output: contended, cgroup\n4, /user.slice\n"), capsys)
    assert [(one["lock"], one["value"]) for one in rows] == [("/user.slice", "4")]


OLD_C2C = """           Shared Data Cache Line Table
=================================================
#
#                              Total      Tot  ----- LLC Load Hitm -----      LLC
# Index           Cacheline  records     Hitm    Total      Lcl      Rmt  Ld Miss
# .....  ..................  .......  .......  .......  .......  .......  .......
#
      0  0xffff8d0a3f5e2a40     1967   66.14%      252      200       52      300
"""


def test_the_table_of_older_versions_has_no_node_and_other_columns(
    written: Any, capsys: Any
) -> None:
    rows, _ = tidy(written("\x1b[31m" + OLD_C2C + "\x1b[m"), capsys)
    assert {row["address"] for row in rows} == {"0xffff8d0a3f5e2a40"}
    assert [(row["quantity"], row["value"]) for row in rows] == [
        ("total_records", "1967"),
        ("tot_hitm", "66.14"),
        ("llc_load_hitm_total", "252"),
        ("llc_load_hitm_lcl", "200"),
        ("llc_load_hitm_rmt", "52"),
        ("llc_ld_miss", "300"),
    ]


def test_the_shared_lines_of_perf_c2c_have_their_counts_and_symbols(capsys: Any) -> None:
    rows, told = tidy(C2C, capsys)
    assert list(rows[0])[:4] == ["line", "address", "symbols", "quantity"]
    found = {(row["line"], row["quantity"]): row for row in rows}
    assert len(found) == len(rows)
    assert {line for line, _ in found} == {"0", "1"}
    expected = {
        ("0", "tot_hitm"): ("66.14", "percent"),
        ("0", "load_hitm_lclhitm"): ("200", "samples"),
        ("0", "load_hitm_rmthitm"): ("52", "samples"),
        ("0", "stores_l1miss"): ("470", "samples"),
        ("0", "rmt_load_hit_rmthitm"): ("52", "samples"),
        ("1", "total_records"): ("914", "samples"),
        ("1", "llc_load_hit_lclhit"): ("6", "samples"),
    }
    for key, value in expected.items():
        assert (found[key]["value"], found[key]["unit"]) == value
    assert found["1", "tot_hitm"]["address"] == "0xffff8d0a3f5e2a40"
    assert found["1", "tot_hitm"]["symbols"] == "page_counter_try_charge"
    assert found["0", "tot_hitm"]["symbols"] == "0x00000000000013e9;reader_thread"
    assert "perf c2c" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tasks,processes,processes_idle\n1,2\n", "row 2: 2 values, expected 3"),
        ("tasks,processes,processes_idle\n1,x,0\n", "'x' is not a number"),
        ("tasks,processes,processes_idle\n0,0,100\n", "no row with tasks"),
        (" contended   total wait   max wait   caller\n", "no lock was contended"),
        (
            " contended   total wait   type   caller\n\n  3   x ms   mutex   f\n",
            "line 3: no number",
        ),
        (" contended   total wait   type   caller\n\n  3   1.5 m", "m.csv: line 3"),
        (LOCKS.splitlines()[0] + "\n", "no lock was contended"),
        (LOCKS.splitlines()[0] + "\n1, 2, 3\n", "line 2: 3 values, expected 6"),
        (LOCKS.splitlines()[0] + "\na, 2, 3, 4, mutex, f\n", "'a' is not a number"),
        ("           Shared Data Cache Line Table\n", "has no header"),
        (C2C.read_text().partition("      0      0x")[0], "is empty"),
        (OLD_C2C[:-30], "line 8: 5 values, expected 8"),
    ],
)
def test_a_file_of_curves_with_a_mistake_is_one_error(
    text: str, said: str, written: Any, capsys: Any
) -> None:
    file = written(text)
    assert main(["machine", "import", str(file)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert "m.csv" in printed.err.splitlines()[0]


def test_curves_are_written_to_a_csv_and_replace_none_unasked(written: Any, capsys: Any) -> None:
    file = written(WILL_IT_SCALE)
    target = file.parent / "tidy.csv"
    request = ["machine", "import", str(file), "-o", str(target)]
    assert main(request) == 0
    assert "8 rows, from will-it-scale" in capsys.readouterr().out
    assert target.read_text().startswith("series,x,x_unit,y,y_unit,source\nprocesses,1,tasks,")
    assert main(request) == 2
    assert "the file exists" in capsys.readouterr().err
    assert main([*request, "--force"]) == 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--clock-ghz", "3"], "--clock-ghz: will-it-scale's CSV has measured curves in it"),
        (["-o", "mine.yaml"], "measured curves become NAME.csv"),
    ],
)
def test_what_is_meant_for_a_machine_is_refused_with_curves(
    flags: list[str], said: str, written: Any, capsys: Any
) -> None:
    assert main(["machine", "import", str(written(WILL_IT_SCALE)), *flags]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [WILL_IT_SCALE, LOCKS, *READERS.values(), C2C.read_text()],
    ids=["wis", "lock", "table", "table_l", "table_t", "c2c"],
)
@given(data=st.data())
@settings(max_examples=60)
def test_a_damaged_file_of_curves_is_read_or_one_error(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    size = data.draw(st.integers(0, 40))
    put = data.draw(st.sampled_from(["", "9", "-", "x", ",", "#", "\n", ".", "%", "nan"]))
    damaged = text[:at] + put + text[at + size :]
    form = form_of(damaged)
    if form is not None:
        try:
            rows = form.read(damaged, "m.csv")
        except ConfigError as error:
            assert str(error).startswith("m.csv")
        else:
            assert all(len(row) == len(rows.columns) for row in rows.values)
