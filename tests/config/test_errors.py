"""Every setting that cannot be used gives one message: where, the value, what is allowed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.__main__ import main as sim
from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.files import choices, unchanging
from sim.config.keys import keys, shape_of
from sim.experiment.plan import plan

KEYS = [key for key in keys(shape_of(compose([]))).values() if key.is_leaf]
NUMBERS = [key for key in KEYS if key.allowed.startswith(("integer", "number"))]

REFUSED = {
    # unknown keys
    "hardware.coherence.hop_cycels=200": ["unknown key", "hardware.coherence.hop_cycles?"],
    "hop_cycles=200": ["unknown key", "hardware.coherence.hop_cycles?"],
    "hardwear=opteron_8x6": ["unknown key", "hardware?"],
    "seed=3": ["unknown key", "run.seed?"],
    "kernel.objects.dentry={hold_cycle: 99}": ["kernel.objects.dentry.hold_cycles?"],
    "workload.lock=mcs": ["unknown key workload.lock", "exim", "workload=micro/lock"],
    "+run.replicas=3": ["neither added nor deleted"],
    "~run.seed": ["not an override"],
    "hardware.sources.clock_ghz=3": ["sources", "cannot be overridden"],
    "workload.kind=lock": ["fixed by the choice of workload"],
    # wrong types
    "hardware.coherence.hop_cycles=1e9": ["1000000000.0 is not an integer", "0 to"],
    "hardware.coherence.hop_cycles=true": ["true is not an integer"],
    "hardware.coherence.hop_cycles='5'": ["'5' is not an integer"],
    "hardware.coherence.hop_cycles=": ["is not an integer"],
    "hardware.coherence.hop_cycles=null": ["null is not an integer"],
    "workload.user_us=fast": ["'fast' is not a number", "0.0 to"],
    "workload.user_us=true": ["true is not a number"],
    "kernel.fix.dentry_lock=maybe": ["'maybe' is not true or false", "true | false"],
    "kernel.fix.dentry_lock=1": ["1 is not true or false"],
    "kernel.fix=all": ["is not a mapping", "kernel/fix=all?"],
    "order=pakage": ["'pakage'", "package | round_robin"],
    "cores=true": ["true is not an integer"],
    "cores=[1,many]": ["'many' is not an integer"],
    "kernel.locks.mutex=queud": ["did you mean queued?", "adaptive | queued"],
    "kernel.locks.mutex=queued_mutex": ["did you mean queued?"],
    # malformed
    "cores=[1,8": ["malformed override"],
    "cores=1,": ["malformed override"],
    "run.seed": ["not an override", "key=value"],
    "run.seed=1,2": ["2 values where one is allowed", "run -m 'run.seed=1,2'"],
    "workload=glob(*)": ["this kind of sweep is not allowed", "a,b,c"],
    # out of range
    "hardware.coherence.hop_cycles=-1": ["-1 is out of range", "0 to 1000000000000"],
    "hardware.clock_ghz=0": ["0 is out of range", "0.1 to 20.0"],
    "workload.remote_memory=1.5": ["1.5 is out of range", "0.0 to 1.0"],
    "workload.remote_memory=nan": ["nan is not a finite number"],
    "workload.user_us=inf": ["inf is not a finite number"],
    "cores=0": ["0 is out of range"],
    "cores=[]": ["too short"],
    "cores=[1,64]": ["64 is more than the 48 cores of opteron_8x6"],
    "hardware.topology.links=[[0,9]]": ["[0, 9]", "packages 0..7"],
    # choices that do not exist
    "hardware=opteron_8x7": ["'opteron_8x7'", "opteron_8x6?", "list hardware"],
    "kernel=linux_stoc": ["'linux_stoc'", "linux_stock?"],
    "kernel/fix=every": ["'every'", "all, none"],
    "kernel/fx=all": ["unknown group", "kernel/fix?"],
    "workload=micro/lok": ["'micro/lok'", "micro/lock?"],
    "run=quik": ["'quik'", "quick?"],
    "kernel=null": ["no kernel called"],
    "hardware@other=opteron_8x6": ["not an override"],
}

pytestmark = pytest.mark.usefixtures("unchanging_files")


@pytest.mark.parametrize(("override", "said"), REFUSED.items(), ids=list(REFUSED))
def test_a_refused_override_is_quoted_as_typed_with_what_is_allowed(
    override: str, said: list[str]
) -> None:
    with pytest.raises(ConfigError) as refusal:
        compose([override])
    text = str(refusal.value)
    assert text.startswith(f"{override}: ")
    for words in said:
        assert words in text


def test_the_choice_that_cannot_be_made_is_named_among_others() -> None:
    with pytest.raises(ConfigError, match="^kernel/fix=none: "):
        compose(["kernel=windows_2008r2", "kernel/fix=none", "workload=micro/unmap"])


KERNELS = ", ".join(
    f"kernel={name}"
    for name in choices("kernel")
    if compose([f"kernel={name}", "workload=micro/unmap"]).kernel.locks is not None
)


@pytest.mark.parametrize(
    ("overrides", "said", "unsaid"),
    [
        (
            ["kernel=barrelfish", "workload=micro/unmap", "kernel.services.locks.spin=mcs"],
            ["did you mean kernel.locks.spin?"],
            "have it",
        ),
        (
            ["kernel=windows_2008r2", "workload=micro/unmap", "kernel.locks.spin=mcs"],
            [f"only {KERNELS} have it"],
            "services",
        ),
        (
            ["kernel=windows_2008r2", "workload=micro/unmap", "kernel.locks.spinn=mcs"],
            ["did you mean kernel.locks.spin?"],
            "kernel.kind",
        ),
        (
            ["workload=micro/lock", "workload.lock=queued"],
            ["did you mean queued_mutex?", "allowed: "],
            "cohort?",
        ),
        (["workload=exim", "cores=[49]"], ["49 is more than the 48 cores"], "4096"),
    ],
)
def test_what_is_suggested_fits_the_choices(
    overrides: list[str], said: list[str], unsaid: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        compose(overrides)
    text = str(refusal.value)
    assert text.startswith(f"{overrides[-1]}: ")
    assert all(words in text for words in said)
    assert unsaid not in text


def test_only_one_problem_is_reported_at_a_time() -> None:
    with pytest.raises(ConfigError) as refusal:
        compose(["run.seed=-1", "run.replications=0"])
    assert str(refusal.value).count("out of range") == 1


@given(key=st.sampled_from(NUMBERS), value=st.sampled_from(["true", "x", "[1]", "nan", "-1e30"]))
def test_no_number_accepts_what_is_not_one_or_is_far_out_of_range(key, value) -> None:
    with pytest.raises(ConfigError) as refusal:
        compose([f"{key.name}={value}"])
    assert str(refusal.value).startswith(f"{key.name}={value}: ")


@given(key=st.sampled_from(KEYS), position=st.integers(0, 100))
def test_a_key_with_two_letters_exchanged_is_refused_with_a_suggestion(key, position) -> None:
    name = key.name
    at = name.rfind(".") + 1 + position % max(1, len(name) - name.rfind(".") - 2)
    typo = name[:at] + name[at : at + 2][::-1] + name[at + 2 :]
    if typo == name:
        return
    with pytest.raises(ConfigError) as refusal:
        compose([f"{typo}=1"])
    assert str(refusal.value).startswith(f"{typo}=1: ")
    assert "did you mean" in str(refusal.value) or "allowed" in str(refusal.value)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30))
def test_whatever_is_typed_gives_a_run_or_a_message_never_another_exception(text: str) -> None:
    for override in (text, f"cores={text}", f"run.seed={text}", f"kernel={text}"):
        try:
            compose([override])
        except ConfigError as refusal:
            assert str(refusal).startswith(f"{override}: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: [1,\nb: {\n", ["of_a_test.yaml, line 3: not valid YAML"]),
        ("a: 1\na: 2\n", ["of_a_test.yaml, line 2: not valid YAML", "duplicate key a"]),
        ("- 1\n- 2\n", ["of_a_test.yaml", "not a mapping"]),
        ("defaults: [opteron_8x7, _self_]\n", ["of_a_test.yaml: defaults", "opteron_8x6?"]),
        ("defaults: opteron_8x6\n", ["of_a_test.yaml: defaults", "must be a list"]),
        (
            "defaults: [of_a_test]\n",
            ["of_a_test.yaml: defaults: 'of_a_test' leads back to this file"],
        ),
        ("defaults: [opteron_8x6, 3.5]\n", ["of_a_test.yaml: defaults: 3.5 does not name a file"]),
        ("defaults: ['${nothing}']\n", ["of_a_test.yaml: defaults", "names have to be plain"]),
        ("name: \x7f\n", ["of_a_test.yaml: not valid YAML", "#x007f"]),
        ("? null\n: 3\n", ["of_a_test.yaml: not valid YAML"]),
        (
            "defaults: [opteron_8x6, _self_]\ncoherence: {hop_cycels: 3}\n",
            ["of_a_test.yaml: coherence.hop_cycels: unknown key", "3", "coherence.hop_cycles?"],
        ),
        (
            "defaults: [opteron_8x6, _self_]\ncoherence: {hop_cycles: 1e9}\n",
            ["of_a_test.yaml: coherence.hop_cycles: 1000000000.0 is not an integer", "0 to"],
        ),
        (
            "defaults: [opteron_8x6, _self_]\nclock_ghz: ${nothing}\n",
            ["of_a_test.yaml: clock_ghz", "nothing"],
        ),
        (
            "defaults: [opteron_8x6, _self_]\nsources: {clock_gh: {kind: assumed, where: here}}\n",
            ["of_a_test.yaml: sources.clock_gh", "does not exist", "clock_ghz?"],
        ),
        (
            "defaults: [opteron_8x6, _self_]\nsources: {clock_ghz: {kind: guess, where: here}}\n",
            ["of_a_test.yaml: sources.clock_ghz.kind", "'guess'", "measured"],
        ),
        (
            "defaults: [opteron_8x6, /kernel: linux_stock]\n",
            ["of_a_test.yaml: defaults", "{'/kernel': 'linux_stock'}", "kernel=linux_stock"],
        ),
        (
            "defaults: [opteron_8x6, /run/quick@_here_]\n",
            ["of_a_test.yaml: defaults", "'/run/quick@_here_' leads out of hardware", "run=quick"],
        ),
        ("name: of_a_test\n", ["of_a_test.yaml: clock_ghz: a value is missing", "0.1 to 20.0"]),
    ],
)
def test_an_error_in_a_users_file_names_the_file_and_the_key(
    tmp_path: Path, content: str, said: list[str]
) -> None:
    file = tmp_path / "hardware" / "of_a_test.yaml"
    file.parent.mkdir()
    file.write_text(content)
    with pytest.raises(ConfigError) as refusal:
        compose(["hardware=of_a_test"], [tmp_path])
    assert str(refusal.value).startswith(str(tmp_path))
    for words in said:
        assert words in str(refusal.value)


def test_two_files_that_name_each_other_are_named(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/of_a_test.yaml").write_text("defaults: [of_a_test_too]\n")
    (tmp_path / "run/of_a_test_too.yaml").write_text("defaults: [of_a_test]\n")
    with pytest.raises(
        ConfigError, match="of_a_test_too.yaml: defaults: 'of_a_test' leads to .*of_a_test.yaml"
    ):
        compose(["run=of_a_test"], [tmp_path])


def test_a_kernel_without_a_table_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel/of_a_test.yaml").write_text("name: of_a_test\n")
    with pytest.raises(ConfigError, match=r"of_a_test.yaml: objects: a value is missing"):
        compose(["kernel=of_a_test"], [tmp_path])


def test_a_users_file_may_not_hide_behind_one_of_the_projects(tmp_path: Path) -> None:
    file = tmp_path / "hardware" / "opteron_8x6.yaml"
    file.parent.mkdir()
    file.write_text("name: of_a_test\n")
    with pytest.raises(ConfigError, match="another name"):
        compose([], [tmp_path])


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        compose([], [tmp_path / "nowhere"])


def test_a_folder_that_has_none_of_what_is_asked_for_is_named(tmp_path: Path) -> None:
    (tmp_path / "workload").mkdir()
    inside = tmp_path / "workload"  # a usual slip: the folder within
    for folder in (tmp_path, inside):
        (folder / "other.yaml").write_text("name: other\n")
    with pytest.raises(ConfigError) as caught:
        compose(["workload=of_a_test"], [tmp_path, inside])
    assert str(caught.value).endswith(f"there is no workload/ in {inside}")
    assert str(tmp_path) + "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match=f"there is no experiment/ in {tmp_path}"):
        plan("of_a_test", config_dirs=[tmp_path])


def test_one_freed_object_is_a_list_of_one() -> None:
    assert compose(["free=nic_tx"]) == compose(["free=[nic_tx]"])


BLAMED = {
    "fix: null\n": "fix: null is not a mapping of keys to values",
    "fix: [dentry_lock]\n": "fix: ['dentry_lock'] is not a mapping of keys to values",
    "objects: null\n": "objects: null is not a mapping of keys to values",
    "objects: [dentry]\n": "objects: ['dentry'] is not a mapping of keys to values",
    "objects: {dentry: [1]}\n": "objects.dentry: [1] is not a mapping of keys to values",
    "objects: {network: [packet]}\n": "objects.network: ['packet'] is not a mapping of",
    "objects.dentry.hold_cycles: 5\n": (
        "objects.dentry.hold_cycles: a key with dots, which no file has\n"
        "  write objects: {dentry: {hold_cycles: 5}}"
    ),
    "locks: {spin.x: 5}\n": "locks.spin.x: a key with dots",
    "objects: {dentry.hold_cycles: 5}\n": "objects.dentry.hold_cycles: a key with dots",
    "sources: [locks]\n": "sources: ['locks'] is not a mapping of keys to values",
    "sources: {locks.spin: [a]}\n": "sources.locks.spin: ['a'] is not a mapping",
}


@pytest.mark.parametrize("text", BLAMED)
def test_a_files_own_mistake_is_not_blamed_on_the_file_that_it_builds_on(
    text: str, tmp_path: Path
) -> None:
    (tmp_path / "kernel").mkdir()
    file = tmp_path / "kernel/of_a_test.yaml"
    file.write_text(f"defaults: [linux_pk, _self_]\nname: of_a_test\n{text}")
    with pytest.raises(ConfigError) as refusal:
        compose(["kernel=of_a_test"], [tmp_path])
    assert str(refusal.value).startswith(f"{file}: {BLAMED[text]}")


def test_a_mapping_in_the_place_of_a_list_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "hardware").mkdir()
    file = tmp_path / "hardware/of_a_test.yaml"
    file.write_text("defaults: [opteron_8x6, _self_]\nname: of_a_test\ntopology: {links: {a: 1}}\n")
    with pytest.raises(ConfigError) as refusal:
        compose(["hardware=of_a_test"], [tmp_path])
    assert str(refusal.value).startswith(f"{file}: topology.links: {{'a': 1}} is not a list")


@pytest.mark.parametrize(
    ("group", "base"),
    [
        ("hardware", "opteron_8x6"),
        ("kernel", "linux_pk"),
        ("workload", "exim"),
        ("run", "smoke"),
    ],
)
@pytest.mark.parametrize("name", ["name: {base}\n", "name: ours\n", ""])
def test_two_files_cannot_have_one_name(group: str, base: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / group / "of_a_test.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(f"defaults: [{base}, _self_]\n" + name.format(base=base))
    with pytest.raises(ConfigError) as refusal:
        compose([f"{group}=of_a_test"], [tmp_path])
    said = str(refusal.value)
    assert said.startswith(f"{file}: name: ")
    assert said.endswith("\n  write name: of_a_test")
    assert f"'{name[6:-1].format(base=base)}' is not the file's" in said if name else "none" in said


BROKEN = {
    "no_yaml": "defaults: [linux_pk\nname: : x\n",
    "alias_bomb": "a: &a [1, 1, 1, 1]\n"
    + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 20)}]\n" for a, b in ("ab", "bc", "cd", "de")),
    "circle": "defaults: [circle]\n",
    "no_mapping": "- a\n",
}


def test_broken_files_that_are_not_chosen_hide_no_answer(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    for name, text in BROKEN.items():
        (tmp_path / f"kernel/{name}.yaml").write_text(text)
    (tmp_path / "kernel/unreadable.yaml").symlink_to("/proc/self/mem")
    hides_no_answer(tmp_path)


@unchanging()
def hides_no_answer(folder: Path) -> None:
    compose(["kernel=linux_pk"], [folder])
    with pytest.raises(ConfigError, match="only kernel=barrelfish, "):
        compose(["kernel=linux_pk", "kernel.objects.monitor.marshal_cycles=4"], [folder])
    island = compose(["hardware=opteron_8x6_islands", "workload=micro/counter"], [folder])
    assert island.kernel.name == "barrelfish"
    for line in ("kernel", "assumed kernel=linux_pk"):
        assert sim(["list", *line.split(), "--config-dir", str(folder)]) == 0
    assert sim(["describe", "kernel.locks", "--config-dir", str(folder)]) == 0
    for name in BROKEN:
        with pytest.raises(ConfigError, match=f"kernel/{name}.yaml"):
            compose([f"kernel={name}"], [folder])


@pytest.mark.parametrize(
    ("part", "inside"),
    [
        ("objects.lrpc", "activation_cycles=1"),
        ("objects.network.packet", "sharing=owned"),
        ("packets", "source_passes=1"),
        ("locks", "spin=mcs"),
    ],
)
def test_an_override_can_take_away_what_a_file_can(part: str, inside: str, tmp_path: Path) -> None:
    *path, last = part.split(".")
    text = f"{last}: null"
    for name in reversed(path):
        text = f"{name}: {{{text}}}"
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel/of_a_test.yaml").write_text(
        f"defaults: [barrelfish, _self_]\nname: of_a_test\n{text}\n"
    )
    written = compose(["kernel=of_a_test"], [tmp_path]).kernel.model_dump(exclude={"sources"})
    typed = compose(["kernel=barrelfish", f"kernel.{part}=null"]).kernel
    assert typed.model_dump(exclude={"sources"}) == written | {"name": "barrelfish"}
    with pytest.raises(ConfigError, match=f"barrelfish has no kernel.{part}"):
        compose(["kernel=barrelfish", f"kernel.{part}=null", f"kernel.{part}.{inside}"])


@pytest.mark.parametrize("part", ["kernel.objects", "kernel.fix", "hardware.topology"])
def test_what_no_run_can_lack_cannot_be_taken_away(part: str) -> None:
    with pytest.raises(ConfigError, match="null is not a mapping"):
        compose([f"{part}=null"])
