"""Experiments become curves, each with a hash of what it runs and the command that reruns it."""

from collections.abc import Callable, Iterator
from contextvars import Context
from pathlib import Path

import pytest
import yaml

from sim.command.limits import check
from sim.command.run import check_freed
from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.files import CONF
from sim.experiment import calibration_record
from sim.experiment.plan import (
    Plan,
    config_hash,
    experiments,
    load_experiment,
    plan,
    plan_all,
    plan_curve,
)
from tests.project_files import of_the_project

EXIM = "osdi10/fig04_exim"
COUNTER = "osdi10/fig02_sloppy_counter"

pytestmark = pytest.mark.usefixtures("unchanging_files")


def write(folder: Path, name: str, **changes: object) -> Path:
    """A small experiment of the user's own, in a folder for --config-dir."""
    content: dict[str, object] = {
        "name": name,
        "paper": "user",
        "title": "Mine",
        "base": ["workload=micro/counter", "run=smoke"],
        "axes": {"cores": [1, 2]},
        "curves": [{"id": "only", "label": "Only"}],
    }
    content |= changes
    file = folder / "experiment" / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    return folder


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    """The plan of every experiment, a user's included."""
    names = list(experiments())
    return dict(zip(names, plan_all(names), strict=True))


def test_every_experiment_can_be_planned(plans: dict[str, Plan]) -> None:
    for planned in plans.values():
        ids = [curve.id for curve in planned.curves]
        assert ids
        assert len(set(ids)) == len(ids)


def test_every_experiment_of_the_project_is_within_the_default_limits(
    plans: dict[str, Plan],
) -> None:
    for planned in plans.values():
        own = [curve for curve in planned.curves if not curve.of[0]]
        curves = [[one.config, *(variant.config for variant in one.variants)] for one in own]
        if curves:
            check(planned.experiment.name, curves, together=True)


def test_every_experiment_of_the_project_claims_something(plans: dict[str, Plan]) -> None:
    own = of_the_project(experiments())
    assert len(own) > 30
    asked = [plans[name].experiment for name in own]
    assert [one.name for one in asked if not one.claims and not one.on_request] == []


def test_no_two_curves_of_the_project_have_the_same_hash(plans: dict[str, Plan]) -> None:
    curves = [curve for name in of_the_project(experiments()) for curve in plans[name].curves]
    hashes = [curve.config_hash for curve in curves if not curve.of[0]]
    assert len(set(hashes)) == len(hashes)


def test_a_curve_planned_from_its_own_overrides_is_the_same_curve() -> None:
    for curve in plan(EXIM, ["run=smoke", "hardware.coherence.hop_cycles=200"]).curves:
        experiment, name, *rest = curve.overrides
        again = plan_curve(experiment.partition("=")[2], name.partition("=")[2], rest)
        assert again == curve


def test_the_users_overrides_come_last_and_change_the_hash() -> None:
    plain = plan(EXIM)
    slow = plan(EXIM, ["hardware.coherence.hop_cycles=200"])
    for before, after in zip(plain.curves, slow.curves, strict=True):
        assert after.overrides[-1] == "hardware.coherence.hop_cycles=200"
        assert after.config.hardware.coherence.hop_cycles == 200
        assert before.config_hash != after.config_hash


def test_an_override_goes_to_the_curves_that_have_its_key() -> None:
    exim, counter = plan_all([EXIM, COUNTER], ["workload.user_us=3"])
    assert all("workload.user_us=3" in curve.overrides for curve in exim.curves)
    assert not any("workload.user_us=3" in curve.overrides for curve in counter.curves)
    assert [curve.config_hash for curve in counter.curves] == [
        curve.config_hash for curve in plan(COUNTER).curves
    ]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("workload.lock=mcs", ["unknown key", "none of the curves"]),
        ("hardware.hop=1", ["unknown key", "none of the curves"]),
        ("kernel=linux_pk", ["chosen by osdi10/fig04_exim itself", "curve stock"]),
        ("workload=micro/lock", ["chosen by osdi10/fig04_exim itself"]),
        ("hardware=opteron", ["no hardware called", "opteron_8x6?"]),
        ("run.seed=-1", ["out of range"]),
        ("cores=[1,49]", ["49 is more than the 48 cores"]),
        ("run.seed=1,2", ["2 values"]),
    ],
)
def test_an_override_that_cannot_be_applied_is_refused(override: str, said: list[str]) -> None:
    with pytest.raises(ConfigError) as refusal:
        plan(EXIM, [override])
    assert str(refusal.value).startswith(f"{override}: ")
    for words in said:
        assert words in str(refusal.value)


def test_cores_can_be_overridden_and_the_band_follows() -> None:
    curves = plan(EXIM, ["cores=[1,40]"]).curves
    assert [curve.config.core_counts for curve in curves] == [[1, 40], [1, 40]]
    assert {tuple(v.config.core_counts) for c in curves for v in c.variants} == {(40,)}
    assert not any(curve.variants for curve in plan(EXIM, ["cores=[1,2]"]).curves)


def test_a_sensitivity_band_scales_one_key_at_a_time() -> None:
    stock, pk = plan(EXIM).curves
    assert not [variant for variant in pk.variants if variant.kind == "sensitivity"]
    band, conventions = load_experiment(EXIM).sensitivity
    scaled = [variant for variant in stock.variants if variant.kind == "sensitivity"]
    factors = [factor for factors in band.scale.values() for factor in factors]
    numbers = len(factors) + 2 * len(band.fitted)  # the ends of each interval
    choices = [value for values in conventions.instead.values() for value in values]
    assert len(scaled) == numbers + len(choices)
    for n, variant in enumerate(scaled):
        of = band if n < numbers else conventions
        (key, value), *rest = variant.changes.items()
        assert not rest
        assert (f"{key}*" if of is band else f"{key}=arrival") in variant.id
        assert variant.config.core_counts == of.cores
        reduced = f"run.replications={of.replications}"
        overrides = ["kernel=linux_stock", f"cores={of.cores}", f"{key}={value}", reduced]
        other = compose(overrides)
        assert config_hash("x", variant.config) == config_hash("x", other)


def test_a_band_of_a_fitted_number_ends_where_its_interval_does(tmp_path: Path) -> None:
    key = "kernel.objects.vfsmount_table.hold_cycles"
    band = {"curve": "only", "cores": [2], "fitted": [key]}
    base = ["workload=exim", "kernel=linux_stock"]
    write(tmp_path, "of_a_test/band", base=base, sensitivity=band)
    (curve,) = plan("of_a_test/band", config_dirs=[tmp_path]).curves
    record = calibration_record.read("mosbench")
    estimate = record.estimate(key, "exim") if record else None
    assert estimate is not None
    ends = [variant.changes[key] for variant in curve.variants]
    assert ends == pytest.approx([estimate.low, estimate.high], rel=2e-3)


def test_any_key_may_be_an_axis(tmp_path: Path) -> None:
    axes = {"cores": [1, 2], "workload.threshold": [1, 4], "kernel.fix.dentry_lock": [True, False]}
    write(tmp_path, "of_a_test/sweep", axes=axes)
    (curve,) = plan("of_a_test/sweep", config_dirs=[tmp_path]).curves
    assert [v.id for v in curve.variants][0] == "workload.threshold=1,kernel.fix.dentry_lock=true"
    assert len(curve.variants) == 4
    assert {v.config.workload.threshold for v in curve.variants} == {1, 4}
    assert curve.overrides[:2] == ("--config-dir", str(tmp_path))


def test_sources_labels_and_comments_are_no_part_of_the_hash(tmp_path: Path) -> None:
    text = (CONF / "run" / "smoke.yaml").read_text().replace("name: smoke", "name: of_a_test")
    texts = [text, f"# A comment.\n{text}", text.replace("assumed: any", "assumed: some")]
    hashes = []
    for content in (*texts, text.replace("seed: 1", "seed: 2")):
        folder = tmp_path / str(len(hashes))
        (folder / "run").mkdir(parents=True)
        (folder / "run/of_a_test.yaml").write_text(content)
        write(folder, "of_a_test/one", base=["run=of_a_test"], title=f"Title {len(hashes)}")
        hashes.append(plan("of_a_test/one", config_dirs=[folder]).curves[0].config_hash)
    *same, other = hashes
    assert len(set(same)) == 1 and other != same[0]


def test_an_experiment_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"did you mean osdi10/fig04_exim\?"):
        plan("osdi10/fig4_exim")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"curvs": []}, ["curvs", "unknown key"]),
        ({"paper": "osdi"}, ["paper: no paper called 'osdi'", "osdi10?", "list paper"]),
        ({"name": "of_a_test/two"}, ["name", "does not match"]),
        ({"curves": []}, ["curves", "too short"]),
        ({"curves": [{"id": "a b", "label": "x"}]}, ["curves[0].id: 'a b'"]),
        ({"curves": [{"id": "a", "label": "x"}] * 2}, ["curve id 'a' stands twice"]),
        ({"base": ["workload=micro/conter"]}, ["base: workload=micro/conter", "micro/counter?"]),
        ({"overrides": ["run.sed=1"]}, ["overrides: run.sed=1", "run.seed?"]),
        ({"axes": {"cores": [1, 64]}}, ["axes.cores: 64 is more than the 48 cores"]),
        ({"axes": {"cores": [1, "x"]}}, ["axes.cores", "'x' is not an integer"]),
        ({"axes": {"workload.treshold": [1]}}, ["axes.workload.treshold", "workload.threshold?"]),
        (
            {"measures": [{"id": "m", "column": "throughputs", "label": "x"}]},
            ["measures[0].column: no column called 'throughputs'", "throughput?"],
        ),
        (
            {"measures": [{"id": "m", "column": "throughput", "label": "x", "reference": "a.csv"}]},
            ["measures[0].reference", "no file 'a.csv'"],
        ),
        (
            {
                "measures": [
                    {
                        "id": "m",
                        "column": "throughput",
                        "label": "x",
                        "reference": "linux_osdi10/fig04_exim.csv",
                        "series": {"only": "Stok"},
                    }
                ]
            },
            ["measures[0].reference", "no series 'Stok'", "Stock?"],
        ),
        (
            {"sensitivity": {"curve": "other", "cores": [1], "scale": {"run.seed": [2]}}},
            ["sensitivity: no curve 'other'", "only"],
        ),
        (
            {"sensitivity": {"curve": "only", "cores": [1], "scale": {"run.seeds": [2]}}},
            ["sensitivity.scale.run.seeds: unknown key", "run.seed?"],
        ),
        (
            {"sensitivity": {"curve": "only", "cores": [1], "scale": {"run.seed": [1.1]}}},
            ["sensitivity.scale.run.seed: 1 x 1.1 rounds to 1"],
        ),
        (
            {
                "sensitivity": {
                    "curve": "only",
                    "cores": [1],
                    "instead": {"hardware.coherence.accesses_take_effect": ["late"]},
                }
            },
            ["sensitivity.instead.hardware.coherence.accesses_take_effect: 'late'", "arrival"],
        ),
        (
            {"sensitivity": {"curve": "only", "cores": [1], "fitted": ["run.seed"]}},
            ["sensitivity.fitted: run.seed: has no interval", "scale takes factors"],
        ),
        (
            {"claims": [{"id": "c", "statement": "x", "metric": {"kind": "pont"}}]},
            ["claims[0].metric", "'pont'", "point"],
        ),
        (
            {
                "claims": [
                    {
                        "id": "c",
                        "statement": "x",
                        "metric": {
                            "kind": "point",
                            "curve": "only",
                            "column": "throughput",
                            "cores": 1,
                        },
                    }
                ]
            },
            ["claims[0]", "claim c: needs a published value or an expect range"],
        ),
    ],
)
def test_a_mistake_in_an_experiment_names_the_file_and_the_key(
    tmp_path: Path, changes: dict[str, object], said: list[str]
) -> None:
    content = {"name": "of_a_test/one", **changes}
    name = str(content.pop("name"))
    write(tmp_path, "of_a_test/one", **content)
    if name != "of_a_test/one":
        file = tmp_path / "experiment" / "of_a_test" / "one.yaml"
        file.write_text(file.read_text().replace("of_a_test/one", name))
    with pytest.raises(ConfigError) as refusal:
        plan("of_a_test/one", config_dirs=[tmp_path])
    assert str(refusal.value).startswith(f"{tmp_path}/experiment/of_a_test/one.yaml")
    for words in said:
        assert words in str(refusal.value)


def test_microbenchmarks_without_kernel_objects_do_not_depend_on_the_kernels_settings() -> None:
    def hashes(*overrides: str) -> list[str]:
        workloads = ["micro/line_sharing", "micro/counter", "micro/lock", "exim"]
        return [config_hash("x", compose([f"workload={w}", *overrides])) for w in workloads]

    plain = hashes()
    fixed = hashes("kernel.fix.dentry_lock=false")
    assert [a == b for a, b in zip(plain, fixed, strict=True)] == [True, True, True, False]
    spinning = hashes("kernel.objects.mutex.spin_cycles=1000")
    assert [a == b for a, b in zip(plain, spinning, strict=True)] == [True, True, True, False]
    adaptive = ["workload=micro/lock", "workload.lock=adaptive_mutex"]
    slower = [*adaptive, "kernel.objects.mutex.spin_cycles=1000"]
    assert config_hash("x", compose(adaptive)) != config_hash("x", compose(slower))


def test_every_toggle_that_matters_to_the_workload_is_flipped_once(tmp_path: Path) -> None:
    overrides = {"base": ["workload=exim", "kernel=linux_pk"], "toggles": ["kernel.fix.*"]}
    write(tmp_path, "of_a_test/fixes", **overrides)
    (curve,) = plan("of_a_test/fixes", config_dirs=[tmp_path]).curves
    flipped = [variant.changes for variant in curve.variants]
    assert {"kernel.fix.vfsmount_table": False} in flipped
    assert {"kernel.fix.superpage_zeroing": False} not in flipped  # a mail server has none
    assert all(
        len(change) == 1 and variant.kind == "toggle"
        for change, variant in zip(flipped, curve.variants, strict=True)
    )


def test_what_is_no_switch_cannot_be_toggled(tmp_path: Path) -> None:
    refused = {
        "kernel.fix.dentry_lok": "kernel.fix.dentry_lock",
        "hardware.clock_ghz": "not a switch",
    }
    for toggle, said in refused.items():
        folder = tmp_path / toggle
        write(folder, "of_a_test/fixes", base=["workload=exim"], toggles=[toggle])
        with pytest.raises(ConfigError, match=said):
            plan("of_a_test/fixes", config_dirs=[folder])


WHAT_IF = {"curves": ["only"], "cores": 2, "free": ["page_fault", "directory"]}


def test_each_object_of_a_what_if_is_freed_alone_at_one_core_count(tmp_path: Path) -> None:
    write(tmp_path, "of_a_test/free", base=["workload=exim"], what_if=[WHAT_IF])
    (curve,) = plan("of_a_test/free", config_dirs=[tmp_path]).curves
    assert [v.id for v in curve.variants] == ["free=page_fault", "free=directory"]
    assert [v.config.free for v in curve.variants] == [["page_fault"], ["directory"]]
    for variant in curve.variants:
        assert variant.kind == "what_if" and variant.config.core_counts == [2]
        assert variant.config.run.replications == 3
        assert config_hash("x", variant.config) != config_hash("x", curve.config)


def test_a_what_if_takes_no_more_replications_than_the_run_and_no_other_cores(
    tmp_path: Path,
) -> None:
    write(tmp_path, "of_a_test/free", base=["workload=exim"], what_if=[WHAT_IF])
    (few,) = plan("of_a_test/free", ["run.replications=2"], [tmp_path]).curves
    assert {v.config.run.replications for v in few.variants} == {2}
    (elsewhere,) = plan("of_a_test/free", ["cores=[1]"], [tmp_path]).curves
    assert elsewhere.variants == []


def test_a_what_if_runs_at_least_as_often_as_its_file_says(tmp_path: Path) -> None:
    often = WHAT_IF | {"replications": 8, "minimum_replications": 8}
    write(tmp_path, "of_a_test/free", base=["workload=exim"], what_if=[often])
    (curve,) = plan("of_a_test/free", config_dirs=[tmp_path]).curves
    for variant in curve.variants:
        run = variant.config.run
        assert (run.minimum_replications, run.replications) == (8, 8)
    (curve,) = plan("of_a_test/free", ["run=smoke"], [tmp_path]).curves
    assert {variant.config.run.minimum_replications for variant in curve.variants} == {2}


def test_a_what_if_frees_beside_what_the_run_frees(tmp_path: Path) -> None:
    freed = ["workload=exim", "free=[page_fault]"]
    write(tmp_path, "of_a_test/free", base=freed, what_if=[WHAT_IF])
    (curve,) = plan("of_a_test/free", config_dirs=[tmp_path]).curves
    assert [v.config.free for v in curve.variants] == [["page_fault", "directory"]]


def test_what_the_user_frees_takes_the_place_of_the_experiments_what_if(tmp_path: Path) -> None:
    write(tmp_path, "of_a_test/free", base=["workload=exim"], what_if=[WHAT_IF])
    (curve,) = plan("of_a_test/free", ["free=[page_fault]"], [tmp_path]).curves
    assert curve.config.free == ["page_fault"] and curve.variants == []


def test_freeing_what_is_not_there_names_the_file_and_the_key(tmp_path: Path) -> None:
    asked = WHAT_IF | {"free": ["page_fault", "page_falt"]}
    write(tmp_path, "of_a_test/free", base=["workload=exim"], what_if=[asked])
    (curve,) = plan("of_a_test/free", config_dirs=[tmp_path]).curves
    with pytest.raises(ConfigError, match=r"what_if\[0\]\.free\[1\]: 'page_falt'") as refusal:
        check_freed(curve.variants)
    assert "did you mean page_fault?" in str(refusal.value)
    assert str(refusal.value).startswith(f"{tmp_path}/experiment/of_a_test/free.yaml")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"what_if": [WHAT_IF | {"curves": ["onli"]}]}, "no curve 'onli'"),
        ({"what_if": [WHAT_IF | {"free": ["a", "a"]}]}, "'a' stands twice"),
        ({"what_if": [WHAT_IF, WHAT_IF]}, "'page_fault' of curve 'only' stands twice at 2 cores"),
        (
            {
                "curves": [{"id": "only", "label": "PK", "of": f"{EXIM}/pk"}],
                "what_if": [WHAT_IF],
            },
            "results of another experiment",
        ),
    ],
)
def test_a_what_if_that_cannot_be_run_is_refused(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    write(tmp_path, "of_a_test/free", base=["workload=exim"], **changes)
    with pytest.raises(ConfigError, match=said):
        plan("of_a_test/free", config_dirs=[tmp_path])


def test_a_curve_may_be_the_results_of_another_experiments(tmp_path: Path) -> None:
    curves = [{"id": "mail", "label": "PK", "of": f"{EXIM}/pk"}]
    write(tmp_path, "of_a_test/summary", curves=curves)
    (mine,) = plan("of_a_test/summary", config_dirs=[tmp_path]).curves
    theirs = plan(EXIM).curve("pk")
    assert mine.id == "mail" and mine.of == (EXIM, "pk")
    assert mine.config == theirs.config and mine.config_hash == theirs.config_hash
    curves[0]["of"] = f"{EXIM}/pkk"
    wrong = write(tmp_path / "wrong", "of_a_test/summary", curves=curves)
    with pytest.raises(ConfigError, match="runs no curve 'pkk'"):
        plan("of_a_test/summary", config_dirs=[wrong])


@pytest.mark.parametrize(
    "request_of",
    [
        lambda: load_experiment("osdi10/fig04_exim"),
        lambda: plan_curve("osdi10/fig04_exim", "pk"),
        lambda: plan("osdi10/fig04_exim"),
        lambda: compose(["workload=exim"]),
    ],
    ids=["an experiment", "a curve", "a plan", "a run"],
)
def test_a_request_lists_every_folder_once(
    request_of: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[Path] = []
    walk = Path.rglob

    def counted(folder: Path, pattern: str) -> Iterator[Path]:
        listed.append(folder)
        return walk(folder, pattern)

    monkeypatch.setattr(Path, "rglob", counted)
    Context().run(request_of)
    assert listed
    assert len(listed) == len(set(listed))


def test_delays_are_an_axis_like_any_other(tmp_path: Path) -> None:
    delays = ["counter:100", "counter:1us"]
    write(tmp_path, "of_a_test/slow", axes={"cores": [1, 2], "slow": delays})
    (curve,) = plan("of_a_test/slow", config_dirs=[tmp_path]).curves
    assert [v.id for v in curve.variants] == [f"slow={text}" for text in delays]
    assert [list(v.config.delays.values()) for v in curve.variants] == [[100], [2400]]
