"""Words of a curve: composed as the command line composes them, changed as controls change them."""

from __future__ import annotations

import pytest

from lab.runs import (
    curve_of,
    digest,
    in_common,
    labels,
    read,
    setting,
    split_level,
    spread,
    text_of,
    with_level,
    with_value,
    without_misfits,
    written,
)
from sim.command import limits
from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.files import choices
from sim.experiment.assumptions import without_sources

LEVELS = ("sketch", "quick")


def test_a_curve_without_core_counts_is_spread_over_the_machine() -> None:
    curve = curve_of([], LEVELS, [])
    assert curve.cores == (1, 6, 12, 18, 24, 30, 36, 42, 48)
    assert curve.arguments == ("cores=[1,6,12,18,24,30,36,42,48]",)
    assert curve_of(["cores=[2,8]"], LEVELS, []).cores == (2, 8)
    assert curve_of(["cores=[2,8]"], LEVELS, []).arguments == ("cores=[2,8]",)


@pytest.mark.parametrize("hardware", list(choices("hardware")))
def test_every_machine_gets_core_counts_that_it_has(hardware: str) -> None:
    config = compose([f"hardware={hardware}", "workload=micro/line_sharing", "cores=[1]"])
    counts = spread(config)
    assert counts == sorted(set(counts))
    assert counts[-1] == config.hardware.cores
    assert counts[0] == config.workload.fewest_cores


@pytest.mark.parametrize(
    "words",
    [
        ["kernel=linux_stok"],
        ["hardware.coherence.hop_cycels=200"],
        ["run.replications=1e9"],
        ["cores=[49]"],
        ["kernel.fix.dentry_lock=maybe"],
        ["workload=micro/unmap", "kernel.fix.dentry_lok=true"],
        ["+x=1"],
        ["nonsense"],
    ],
)
def test_mistakes_have_the_messages_of_the_command_line(words: list[str]) -> None:
    with pytest.raises(ConfigError) as here:
        curve_of(words, LEVELS, [])
    with pytest.raises(ConfigError) as there:
        compose([*words, "run=sketch"])
    assert str(here.value) == str(there.value)


def test_a_curve_that_takes_too_long_is_refused_before_it_runs() -> None:
    words = ["run.operations=1000000", "run.replications=1000", "run.precision=0"]
    with pytest.raises(ConfigError) as here:
        curve_of(words, LEVELS, [])
    configs = [compose([*words, "cores=[1,6,12,18,24,30,36,42,48]", f"run={n}"]) for n in LEVELS]
    with pytest.raises(ConfigError) as there:
        limits.check(" ".join(words), [configs], together=True)
    assert str(here.value) == str(there.value)


def test_a_value_that_a_run_has_by_itself_leaves_no_word() -> None:
    key = "kernel.fix.dentry_lock"
    stock = ("kernel=linux_stock",)
    on = with_value(stock, key, "true", [])
    assert on == (*stock, f"{key}=true")
    assert with_value(on, key, "false", []) == stock
    assert with_value(("kernel=linux_pk", f"{key}=false"), key, "true", []) == ("kernel=linux_pk",)


def test_a_value_that_another_word_decides_is_said() -> None:
    line = "kernel.objects.dentry.sharing=generation"
    found = with_value(("kernel=linux_stock", line), "kernel.fix.dentry_lock", "false", [])
    assert found[-1] == "kernel.fix.dentry_lock=false"
    assert setting(compose(found), "kernel.objects.dentry.sharing") == "locked"


def test_another_workload_leaves_out_what_it_lacks() -> None:
    words = ("workload=postgres", "workload.modified=false", "run.seed=2")
    chosen = with_value(words, "workload", "exim", [])
    kept, left = without_misfits(chosen, [])
    assert left == ("workload.modified=false",)
    assert kept == ("workload=exim", "run.seed=2")


def test_another_kernel_leaves_out_what_it_lacks() -> None:
    words = ("kernel=windows_2008r2", "workload=micro/unmap", "run.seed=2")
    lacking = "kernel.objects.dentry.sharing=locked"
    kept, left = without_misfits((*words, lacking), [])
    assert left == (lacking,)
    assert kept == words


def test_another_machine_leaves_out_core_counts_that_it_lacks() -> None:
    kept, left = without_misfits(("hardware=amd_2x2", "cores=[1,48]"), [])
    assert left == ("cores=[1,48]",)
    assert kept == ("hardware=amd_2x2",)


def test_a_choice_that_cannot_be_made_is_not_left_out() -> None:
    with pytest.raises(ConfigError, match="did you mean linux_pk"):
        without_misfits(("kernel=linux_p",), [])


def test_the_digest_is_that_of_the_run_and_not_of_its_words() -> None:
    one = compose(["kernel=linux_stock", "kernel.fix.dentry_lock=true", "cores=[1]"])
    same = compose(["kernel=linux_stock", "kernel.objects.dentry.sharing=generation", "cores=[9]"])
    other = compose(["kernel=linux_stock", "cores=[1]"])
    assert digest(one) == digest(same) != digest(other)
    assert digest(other) != digest(compose(["kernel=linux_stock", "run=sketch", "cores=[1]"]))


def test_curves_are_named_by_what_tells_them_apart() -> None:
    def named(*lines: str) -> list[str]:
        return labels([curve_of(line.split(), LEVELS, []) for line in lines])

    assert named("kernel=linux_stock", "") == ["linux_stock", "linux_pk"]
    assert named("", "workload=memcached") == ["exim · linux_pk", "memcached · linux_pk"]
    assert named("", "kernel.fix.dentry_lock=false") == ["linux_pk", "linux_pk, dentry_lock=false"]
    assert named("", "cores=[1]") == ["linux_pk (1)", "linux_pk (2)"]


def test_what_curves_have_in_common_is_said_once() -> None:
    lines = ("run.seed=2 kernel.fix.dentry_lock=false", "run.seed=2")
    curves = [curve_of(line.split(), LEVELS, []) for line in lines]
    assert in_common(curves) == "exim · linux_pk · opteron_8x6 · run.seed=2"
    assert labels(curves) == ["linux_pk, dentry_lock=false", "linux_pk"]
    assert in_common([curves[0], curve_of(["workload=memcached"], LEVELS, [])]) == (
        "linux_pk · opteron_8x6"
    )


def test_the_run_level_is_no_word_of_a_curve() -> None:
    assert split_level(["run=full", "run.seed=7"], "quick") == (("run.seed=7",), "full")
    assert split_level(["run.seed=7"], "quick") == (("run.seed=7",), "quick")


def test_values_are_written_as_the_command_line_has_them() -> None:
    assert [text_of(value) for value in (None, True, 1.5, "mcs", [1, 8], ["a"])] == [
        "", "true", "1.5", "mcs", "[1,8]", "[a]",
    ]  # fmt: skip


@pytest.mark.parametrize("workload", list(choices("workload")))
def test_a_run_passes_through_text_to_a_worker_unchanged(workload: str) -> None:
    config = compose([f"workload={workload}", "cores=[2]", "run.seed=5", "limits.hours=1"])
    again = read(written(config), 2)
    assert without_sources(again) == without_sources(config)
    assert again.limits.hours == 1


def test_another_level_changes_how_long_a_run_takes_and_nothing_else() -> None:
    sketch, quick = (compose([f"run={level}", "cores=[1]", "free=[dentry]"]) for level in LEVELS)
    assert with_level(written(sketch), quick) == written(quick)
