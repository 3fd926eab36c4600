"""Files and overrides become one typed run."""

from pathlib import Path

import pytest

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.files import CHOICE_GROUPS, choices
from sim.config.keys import GROUPS, workload_kinds
from sim.config.sources import source_of, sources_of
from sim.kernel.design import fixes
from tests.project_files import papers_fixes


def test_without_overrides_exim_runs_on_pk_on_the_48_core_machine() -> None:
    config = compose()
    assert (config.hardware.name, config.kernel.name, config.workload.name, config.run.name) == (
        "opteron_8x6",
        "linux_pk",
        "exim",
        "quick",
    )
    assert config.core_counts == [1, config.hardware.cores]
    assert config.core_order == "package"


@pytest.mark.parametrize(
    ("override", "counts"),
    [
        ("cores=8", [8]),
        ("cores=[1,8,48]", [1, 8, 48]),
        ("cores=48,8,8", [8, 48]),
        ("cores=range(4,17,4)", [4, 8, 12, 16]),
        ("cores=null", [1, 48]),
    ],
)
def test_core_counts_can_be_one_number_a_list_or_a_range(override, counts) -> None:
    assert compose([override]).core_counts == counts


def test_pk_is_stock_with_every_fix_of_the_paper_and_nothing_else() -> None:
    stock, pk = compose(["kernel=linux_stock"]).kernel, compose(["kernel=linux_pk"]).kernel
    table, other = (kernel.model_dump(include={"objects"}) for kernel in (stock, pk))
    for name in papers_fixes():
        of, fix = fixes()[name]
        line, theirs = table["objects"], other["objects"]
        for part in of.key.split("."):
            line, theirs = line[part], theirs[part]
        assert (line.pop(fix.setting), theirs.pop(fix.setting)) == (fix.off, fix.on)
    assert table == other
    assert stock.sources == pk.sources
    assert len(papers_fixes()) == 16
    assert not any(on for _, on in stock.fix)
    assert {fix for fix, on in pk.fix if on} == set(papers_fixes())


def test_fixes_can_be_chosen_together_or_one_by_one() -> None:
    assert compose(["kernel=linux_stock", "kernel/fix=all"]).kernel.fix.vfsmount_table is True
    assert compose(["kernel/fix=none"]).kernel.fix.vfsmount_table is False
    fix = compose(["kernel=linux_stock", "kernel.fix.dentry_lock=true"]).kernel.fix
    assert [name for name, on in fix if on] == ["dentry_lock"]


def test_later_overrides_win() -> None:
    config = compose(["kernel=linux_pk", "run.seed=1", "kernel=linux_stock", "run.seed=2"])
    assert (config.kernel.name, config.run.seed) == ("linux_stock", 2)


def test_integers_are_numbers_too_where_a_fraction_is_allowed() -> None:
    assert compose(["hardware.clock_ghz=3"]).hardware.clock_ghz == 3.0


RUNS_ON_ALL = {"kernel": ["workload=micro/unmap"]}


def test_a_workload_brings_a_kernel_that_can_run_it() -> None:
    assert compose(["workload=micro/lrpc"]).kernel.name == "barrelfish"
    assert compose(["workload=micro/unmap"]).kernel.name == "linux_pk"
    assert compose(["workload=micro/two_phase_commit", "kernel=linux_pk"]).kernel.name == "linux_pk"


def test_a_users_workload_may_bring_a_kernel_and_a_wrong_name_is_said(tmp_path: Path) -> None:
    file = tmp_path / "workload/of_this_test.yaml"
    file.parent.mkdir()
    text = "defaults: [exim, _self_]\nname: of_this_test\nusual_kernel: {}\n"
    file.write_text(text.format("linux_stock"))
    assert compose(["workload=of_this_test"], [tmp_path]).kernel.name == "linux_stock"
    file.write_text(text.format("linux_stok"))
    with pytest.raises(ConfigError, match="usual_kernel: no kernel called 'linux_stok'"):
        compose(["workload=of_this_test"], [tmp_path])


def test_a_number_of_an_object_that_a_kernel_has_not_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"windows_2008r2 has no kernel.objects.dentry\n"):
        compose(["kernel=windows_2008r2", "kernel.objects.dentry.hold_cycles=1"])


def test_the_protocol_of_a_machine_decides_its_keys() -> None:
    assert compose(["hardware=amd_8x4", "hardware.coherence.completion_cycles=7"])
    with pytest.raises(ConfigError, match=r"only .*hardware=amd_8x4.* have it"):
        compose(["hardware.coherence.completion_cycles=7"])


def test_every_choice_of_every_group_composes() -> None:
    count = 0
    for group in CHOICE_GROUPS:
        for name in choices(group):
            config = compose([*RUNS_ON_ALL.get(group, []), f"{group}={name}"])
            if group in GROUPS:
                assert getattr(config, group).name == name
            count += 1
    assert count >= 12
    assert {compose([f"workload={name}"]).workload.kind for name in choices("workload")} == set(
        workload_kinds()
    )


def test_every_number_of_every_choice_has_a_source() -> None:
    found = {}
    for group in CHOICE_GROUPS:
        for name in choices(group):
            found |= sources_of(compose([*RUNS_ON_ALL.get(group, []), f"{group}={name}"]))
    assert len(found) > 60
    assert [key for key, source in found.items() if source is None] == []


def test_an_overridden_number_says_so_and_its_neighbours_keep_their_source() -> None:
    before, after = compose(), compose(["hardware.memory.hop_cycles=9"])
    source = source_of(after.hardware.sources, "memory.hop_cycles")
    assert source is not None
    assert (source.kind, source.where) == ("override", "hardware.memory.hop_cycles=9")
    assert source_of(after.hardware.sources, "memory.latency_cycles") == source_of(
        before.hardware.sources, "memory.latency_cycles"
    )


def test_a_number_without_a_source_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    text = (
        "name: of_a_test\nwarmup_operations: 1\noperations: 1\nminimum_operations: 1\n"
        "jobs: 1\nreplications: 1\nseed: 1\nmaximum_cycles: 100\n"
    )
    some = "sources:\n  operations: {kind: assumed, where: because}\n"
    (folder / "of_a_test.yaml").write_text(text + some)
    with pytest.raises(
        ConfigError, match=r"of_a_test.yaml: warmup_operations: the number has no source"
    ):
        compose(["run=of_a_test"], [tmp_path])


def test_a_users_own_machine_builds_on_one_of_the_projects(tmp_path: Path) -> None:
    folder = tmp_path / "my conf, [1]=x" / "hardware"
    folder.mkdir(parents=True)
    (folder / "of_a_test.yaml").write_text("defaults: [opteron_8x6, _self_]\nname: of_a_test\n")
    config = compose(["hardware=of_a_test"], [folder.parent])
    assert (config.hardware.name, config.hardware.cores) == ("of_a_test", 48)


def test_a_file_changed_between_two_calls_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "hardware" / "of_a_test.yaml"
    file.parent.mkdir()
    for clock in (2.0, 3.25):
        file.write_text(
            f"defaults: [opteron_8x6, _self_]\nname: of_a_test\nclock_ghz: {clock}\n"
            "sources: {clock_ghz: {kind: assumed, where: for a test}}\n"
        )
        assert compose(["hardware=of_a_test"], [tmp_path]).hardware.clock_ghz == clock


@pytest.mark.parametrize("key", ["hardware.name", "kernel.name", "workload.name", "workload.kind"])
def test_names_are_fixed_by_the_choice_of_a_file(key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} is fixed by the choice of {key.split('.')[0]}"):
        compose([f"{key}=foo"])
