"""Published series by name, and what a heading says of a run: every setting of its own."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.experiment import series
from sim.experiment.changes import changes
from sim.experiment.plan import load_experiment, plan_curve

pytestmark = pytest.mark.usefixtures("unchanging_files")

UNSAID = {name: {"sources"} for name in ("hardware", "kernel", "workload", "run")}
"""Where numbers come from: an override is a source of its own."""
APACHE = "osdi10/fig06_apache/stock"


def test_a_series_runs_what_the_figure_runs() -> None:
    for name in (APACHE, "osdi10/fig11_metis/stock", "osdi10/fig10_pedsort/procs"):
        found = series.read(name)
        planned = plan_curve(found.experiment, found.curve)
        assert compose(found.overrides).model_dump(exclude=UNSAID) == planned.config.model_dump(
            exclude=UNSAID
        )


@pytest.mark.parametrize("name", [APACHE, "osdi10/fig06:stock", "osdi10/fig06/Stock"])
def test_a_series_is_found_by_the_beginning_of_its_figure_and_by_its_published_name(name) -> None:
    assert series.find(name).name == APACHE


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("osdi10/fig06:stok", "did you mean osdi10/fig06_apache/stock?"),
        ("osdi10/fig06", "allowed: osdi10/fig06_apache/stock, osdi10/fig06_apache/pk"),
        ("osdi10/fig0:pk", "several experiments begin with 'osdi10/fig0'"),
        ("", "allowed: "),
    ],
)
def test_a_name_that_is_no_series_gets_one_message(name: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        series.find(name)
    assert str(caught.value).startswith(f"series={name}: ")
    assert said in str(caught.value)


def test_every_published_series_is_listed_with_its_own_name() -> None:
    listed = series.names()
    for measure in load_experiment("osdi10/fig08_postgres_rw").measures:
        for curve, published in measure.series.items():
            assert listed[f"osdi10/fig08_postgres_rw/{curve}"] == published or curve == "pk"
    assert all(series.find(name).name == name for name in list(listed)[::12])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["workload=apache"], f"per_core; that is: python -m sim run series={APACHE}"),
        (["workload=apache", "kernel.locks.spin=mcs"], "workload.instances=per_core"),
        (["workload=apache", "workload.instances=single"], None),
        (["workload=apache", "workload.instances=per_core"], None),
        (["workload=metis"], "series=osdi10/fig11_metis/stock"),
        (["workload=exim"], None),
        (["workload=apache", "hardware=opteron_16x6"], None),
    ],
)  # fmt: skip
def test_a_plain_run_says_which_published_series_it_is_not(words, said) -> None:
    words = ["kernel=linux_stock", *words]
    line = series.other_than(compose(words), [word.partition("=")[0] for word in words])
    assert (line == "") if said is None else (said in line)
    assert "\n" not in line


@pytest.mark.parametrize(
    "words",
    [
        ["kernel.fix.vfsmount_table=true", "kernel.locks.spin=mcs"],
        ["kernel.objects.directory.hold_cycles=9", "order=round_robin"],
        ["run.seed=7", "run=smoke"],
        ["hardware.topology.packages=32", "hardware.topology.torus=[4,8]"],
        ["hardware.nic=null"],
        [],
    ],
)
def test_a_heading_has_what_makes_the_run_from_its_files_and_nothing_else(words) -> None:
    chosen = ["hardware=opteron_8x6", "kernel=linux_stock", "workload=exim"]
    config = compose([*chosen, *words])
    said = changes(config)
    assert compose([*chosen, *said]).model_dump(exclude=UNSAID) == config.model_dump(exclude=UNSAID)
    assert len(said) == len(words)
