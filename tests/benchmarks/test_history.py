"""The benchmark's history: what is kept, and what is warned of."""

from __future__ import annotations

from pathlib import Path

from benchmarks import history
from benchmarks.history import Record


def record(over_cpp: float, simpy_over: float = 100.0, cpu: str = "a") -> Record:
    return Record("abc", cpu, {"m": {"8": over_cpp}}, {"m": {"8": simpy_over}}, {"m": {"8": 20.0}})


def test_records_are_read_as_they_were_appended_and_other_schemas_are_left_out(
    tmp_path: Path,
) -> None:
    path = tmp_path / "history.jsonl"
    assert history.read(path) == []
    history.append(record(1.0), path)
    with path.open("a") as file:
        file.write('{"schema": 0}\n')
    history.append(record(1.1), path)
    assert history.read(path) == [record(1.0), record(1.1)]


def test_a_ratio_is_warned_of_only_beyond_its_floor() -> None:
    assert history.warnings(record(1.2, 70.0), []) == []
    slow, slower = history.warnings(record(1.21, 69.0), [])
    assert "1.21x the time of C++, the floor is 1.2x" in slow
    assert "69x the speed of SimPy, the floor is 70x" in slower


def test_a_ratio_is_compared_with_the_median_of_the_same_cpu() -> None:
    earlier = [record(0.9), record(1.0), record(5.0), record(0.1, cpu="b")]
    assert history.warnings(record(1.09), earlier) == []
    (warning,) = history.warnings(record(1.15), earlier)
    assert "the median of 3 earlier runs is 1.00x" in warning


def test_the_readme_names_the_floors() -> None:
    text = (history.FOLDER / "README.md").read_text()
    assert f"at most {history.MAXIMUM_CPP}" in text
    assert f"at least {history.MINIMUM_SIMPY:.0f}" in text
    assert f"more than {history.NOISE} times the median" in text


def test_the_history_in_the_repository_can_be_read() -> None:
    assert all(old.cpu and old.over_cpp for old in history.read())
