"""What a user adds to conf/ and reference/ breaks no test, and works like the project's own.

`make soak` runs the whole suite in such a checkout (tests/soak/test_additions.py), and first the
tests that look at conf/ as a whole and those that speak of what the how-tos add to.
"""

from __future__ import annotations

import re
import sys

import pytest

from tests.additions.conftest import HOW_TO, IMPORTS
from tests.documentation.blocks import ROOT
from tests.documentation.conftest import Copy
from tests.project_files import in_folder

QUICK = [
    "tests/config/test_calibrations.py",
    "tests/laws/test_steady_state.py::"
    "test_the_warm_up_is_the_same_in_every_run_level_and_no_experiment_has_its_own",
    "tests/measure/test_measure.py::test_every_spin_lock_and_counter_of_the_model_is_measured",
    "tests/packaging/test_conventions.py",
    "tests/packaging/test_project_files.py",
    "tests/workflow/test_completion.py::test_a_word_is_completed",
]
"""Of the tests that look at all that there is, those that take a moment."""

LOOKS_AT_CONF = [
    "tests/config/test_compose.py",
    "tests/config/test_named.py",
    "tests/config/test_errors.py::test_what_is_suggested_fits_the_choices",
    "tests/config/test_errors.py::test_an_error_in_a_users_file_names_the_file_and_the_key",
    "tests/config/test_plan.py::test_every_experiment_can_be_planned",
    "tests/config/test_plan.py::test_every_experiment_of_the_project_claims_something",
    "tests/config/test_plan.py::test_no_two_curves_of_the_project_have_the_same_hash",
    "tests/config/test_plan.py::test_any_key_may_be_an_axis",
    "tests/engine/test_twin.py::test_every_lock_gives_the_same_run[package_ticket-48]",
    "tests/qc",
    "tests/packaging/test_project_files.py",
    "tests/analysis/test_accuracy.py",
    "tests/machine_import/test_examples.py::test_every_imported_machine_is_an_example",
    "tests/units/test_import_direction.py",
    "tests/units/test_machines_run.py",
    "tests/units/test_shapes.py",
    "tests/units/test_fixes.py::test_a_workload_depends_on_the_fixes_that_change_its_program[exim]",
    "tests/units/test_islands.py::"
    "test_the_multikernel_runs_what_sends_messages_across_all_packages[memcached]",
    "tests/workflow/test_completion.py::test_a_file_of_the_users_own_is_completed_with_its_keys",
]


def test_no_test_gives_a_file_the_name_that_a_page_gives_one(followed: Copy) -> None:
    """Two files of one name are refused: the test would fail for whoever followed the page."""
    conf = followed.folder / "conf"
    own = {path.relative_to(ROOT / "conf") for path in in_folder("conf", ".yaml")}
    added = {path.relative_to(conf) for path in conf.rglob("*.yaml")} - own
    assert len(added) > 10
    for test in (ROOT / "tests").rglob("*.py"):
        if {"additions", "documentation"}.isdisjoint(test.parts):
            text = test.read_text(encoding="utf-8")
            for path in added:
                group, name = path.parts[0], path.with_suffix("").relative_to(path.parts[0])
                assert path.as_posix() not in text, f"{test}: {path}"
                assert not re.search(rf"\b{group}={name.as_posix()}(?![\w./-])", text), (
                    f"{test}: {path}"
                )


def test_every_how_to_has_been_followed(followed: Copy) -> None:
    assert {page.stem for page in HOW_TO} == {
        f"add-a-{thing}"
        for thing in (
            *("figure", "fix", "kernel", "lock", "machine", "metric", "paper", "view", "workload"),
        )
    }
    for name in (*IMPORTS, "imported", "opteron_4x6"):
        assert (followed.folder / f"conf/hardware/{name}.yaml").is_file()
    for name in (
        "conf/kernel/linux_pk_owned_files.yaml",
        "conf/workload/micro/stat.yaml",
        "conf/experiment/mine/efficiency.yaml",
        "conf/experiment/mine/scaling.yaml",
        "metrics/scales_to.py",
        "mine/extensions/directory_buckets.py",
        "mine/kernel/linux_pk_buckets.yaml",
        "sim/sync/package_ticket_lock.py",
        "sim/workload/micro/stat.py",
        "views/efficiency.py",
    ):
        assert (followed.folder / name).is_file()


@pytest.mark.parametrize(
    "tests", [QUICK, pytest.param(LOOKS_AT_CONF, marks=pytest.mark.soak)], ids=len
)
def test_tests_that_look_at_conf_pass_whatever_a_user_has_added(
    tests: list[str], followed: Copy
) -> None:
    nodes = " ".join(f"'{node}'" for node in tests)
    done = followed.run(f"{sys.executable} -m pytest {nodes}")
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr


def test_an_experiment_without_claims_and_a_reference_of_ones_own_get_a_page(
    followed: Copy,
) -> None:
    results = "results/mine/mine/sweep"
    for line in (
        f"python -m sim run experiment=mine/sweep out={results}",
        f"python -m analysis artifacts --experiment mine/sweep --out {results} {results}/*.parquet",
        "python -m analysis report results/mine",
    ):
        done = followed.run(line.replace("*.parquet", "{shared,sloppy}.parquet"))
        assert done.returncode == 0, line + done.stdout + done.stderr
    page = (followed.folder / "results/mine/report/mine-sweep.html").read_text()
    assert "how exactly they are known is not stated" in page and "mine/own.csv" in page
