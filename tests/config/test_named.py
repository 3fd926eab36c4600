"""What views, measures, bands and claims name is looked for when an experiment is loaded.

The tests ask the classes which of their fields name something, so a new view or metric is tried
without being listed here; a field that is neither marked nor known as free text fails.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from sim.config.errors import ConfigError
from sim.experiment.fields import Names, fields_of
from sim.experiment.kinds import METRICS as METRIC_KINDS
from sim.experiment.kinds import VIEWS as VIEW_KINDS
from sim.experiment.plan import load_experiment, plan
from tests.project_files import ROOT, project_files

NAME = "of_a_test/one"
RIGHT: dict[str, Any] = {
    "column": "throughput",
    "curve": "only",
    "case": "counting",
    "design": "sloppy",
    "cores": 2,
    "axis": "workload.threshold",
    "machine": "opteron_8x6",
    "switch": "kernel.fix.dentry_lock",
    "freed object": "counter",
}
WRONG: dict[str, Any] = {
    "column": "troughput",
    "curve": "onyl",
    "case": "cuonting",
    "design": "slopy",
    "cores": 3,
    "axis": "workload.treshold",
    "machine": "opteron_8x7",
    "switch": "kernel.fix.dentry_lok",
    "freed object": "conter",
}
FREE: dict[str, Any] = {
    "label": "Ratio",
    "key_label": "Threshold",
    "extrapolate": 96,
    "law": "usl",
    "parameter": "serial",
    "mode": "user",
    "measure": "rate",
    "statistic": "mean",
}
"""Values of fields that name nothing of the experiment's."""
PUBLISHED: dict[str, dict[str, Any]] = {
    "ratio": {
        "reference": "linux_osdi10/fig03_summary.csv",
        "cases": {"counting": "Exim"},
        "series": {"sloppy": "PK"},
    },
    "toggles": {"reference": "linux_osdi10/fig01_fixes.csv", "cases": {"counting": "exim"}},
    "bottlenecks": {
        "reference": "linux_osdi10/fig12_residual_bottlenecks.csv",
        "cases": {"counting": "exim"},
    },
    "fates": {"reference": "linux_today/osdi10_fixes.csv"},
    "two_by_two": {
        "reference": "linux_today/dst_refcount_linux_6_3_machine_a.csv",
        "series": {"only": "atomic"},
    },
    "topology": {"reference": "multikernel_sosp09/topology_8x4.csv", "link_kind": "HT"},
}
"""Published values of the views that show some, and what they belong to."""
OPTIONAL = {"kind", "id", "title", "reference", "link_kind", "shown", "cause", "at_least", "object"}
"""Fields that a test need not give."""
VIEWS: list[type[BaseModel]] = list(VIEW_KINDS.values())
METRICS: list[type[BaseModel]] = list(METRIC_KINDS.values())
NAMING = [
    pytest.param(model, field, names, id=f"{model.__name__}.{field}")
    for model in (*VIEWS, *METRICS)
    for field, names in fields_of(model)
]


def kind(model: type[BaseModel]) -> str:
    """Word in a file that a view or metric is chosen by."""
    return str(get_args(model.model_fields["kind"].annotation)[0])


def is_of_the_project(model: type[BaseModel]) -> bool:
    """Whether a kind stands in a file that is part of the project, and not a user's own."""
    return ROOT / f"{model.__module__.replace('.', '/')}.py" in project_files()


def written(model: type[BaseModel]) -> dict[str, Any]:
    """A view or metric of a kind, all of whose names are right."""
    marked = dict(fields_of(model))
    found: dict[str, Any] = {"kind": kind(model)}
    for field in model.model_fields:
        if field in marked:
            found[field] = in_its_form(model, field, RIGHT[marked[field].thing])
        elif field in FREE:
            found[field] = FREE[field]
    if model in VIEWS:
        found |= {"id": "v", "title": "V"} | PUBLISHED.get(kind(model), {})
    return found


def in_its_form(model: type[BaseModel], field: str, *words: Any) -> Any:
    """Words as a field wants them: in a list, as the keys of a mapping, or else the last itself."""
    annotation = str(model.model_fields[field].annotation)
    if "dict[" in annotation:
        return dict.fromkeys(words, 1)
    return list(words) if "list[" in annotation else words[-1]


def load(folder: Path, part: dict[str, Any], is_view: bool) -> None:
    """Plan a user's experiment with one view, or one claim."""
    content: dict[str, Any] = {
        "name": NAME,
        "title": "Mine",
        "base": ["workload=micro/counter", "workload.counter=sloppy", "run=smoke"],
        "axes": {"cores": [1, 2], "workload.threshold": [1, 4]},
        "curves": [
            {
                "id": "only",
                "case": "counting",
                "group": "Counting",
                "design": "sloppy",
                "label": "Sloppy",
            }
        ],
        "measures": [
            {
                "id": "rate",
                "column": "throughput",
                "label": "Rate",
                "reference": "linux_osdi10/fig04_exim.csv",
                "series": {"only": "Stock"},
            }
        ],
        "toggles": ["kernel.fix.dentry_lock"],
        "what_if": [{"curves": ["only"], "cores": 2, "free": ["counter"]}],
        "sensitivity": {"curve": "only", "cores": [2], "scale": {"run.seed": [2]}},
    }
    if is_view and part["kind"] in ("growth", "crossover"):
        content["axes"]["hardware"] = ["opteron_8x6"]
    if is_view:
        content["views"] = [part]
    else:
        words = part["kind"] in ("top_cause", "growth")
        judged: dict[str, Any] = {"published": "counter"} if words else {"expect": {"above": 0}}
        content["claims"] = [{"id": "c", "statement": "S", "metric": part} | judged]
    file = folder / f"experiment/{NAME}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    load_experiment(NAME, [folder])


@pytest.mark.parametrize("model", [*VIEWS, *METRICS], ids=lambda model: model.__name__)
def test_every_field_says_what_it_names_or_names_nothing(
    model: type[BaseModel], tmp_path: Path
) -> None:
    marked = {field for field, _ in fields_of(model)}
    unknown = set(model.model_fields) - marked - OPTIONAL - set(FREE)
    if is_of_the_project(model):  # others may say what they like where a default says it, too
        assert unknown == set()
    assert not any(model.model_fields[field].is_required() for field in unknown)
    load(tmp_path, written(model), model in VIEWS)


@pytest.mark.parametrize(("model", "field", "names"), NAMING)
def test_what_is_not_there_is_refused_with_its_place(
    model: type[BaseModel], field: str, names: Names, tmp_path: Path
) -> None:
    right, wrong = RIGHT[names.thing], WRONG[names.thing]
    part = written(model)
    if field in PUBLISHED.get(part["kind"], {}):
        part[field] = {wrong: part[field][right]} | part[field]
    else:
        part[field] = in_its_form(model, field, right, wrong)
    growing = part["kind"] in ("growth", "crossover") and model in VIEWS
    with pytest.raises(ConfigError) as refusal:
        load(tmp_path, part, model in VIEWS)
        assert growing and names.thing == "cores"  # the plan knows how many cores there are
        plan(NAME, config_dirs=[tmp_path])
    first, *hints = str(refusal.value).splitlines()
    assert first.startswith(f"{tmp_path}/experiment/{NAME}.yaml: ")
    assert f"'{wrong}'" in first or str(wrong) in first
    if names.thing != "curve" or kind(model) != "series_error":
        key = f"views[0].{field}" if model in VIEWS else f"claims[0].metric.{field}"
        assert f": {key}: " in first
        assert any(str(right) in hint for hint in hints)
    else:
        assert "claim c: " in first  # that the curve has a published series is checked first


@pytest.mark.parametrize("model", VIEWS, ids=lambda model: model.__name__)
def test_a_view_whose_experiment_lacks_what_it_shows_is_refused(
    model: type[BaseModel], tmp_path: Path
) -> None:
    lacking = {
        "toggles": [],
        "what_if": [],
        "sensitivity": [],
        "axes": {"cores": [1, 2], RIGHT["axis"]: [1]},
    }
    load(tmp_path, written(model), is_view=True)
    file = tmp_path / f"experiment/{NAME}.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | lacking))
    needs = [*model.needs, *model.needs_axes]  # type: ignore[attr-defined]
    if not needs:
        load_experiment(NAME, [tmp_path])
        return
    with pytest.raises(ConfigError, match=r"views\[0\]\.") as refusal:
        load_experiment(NAME, [tmp_path])
    assert any(need in str(refusal.value) for need in needs)


@pytest.mark.parametrize(
    "model", [model for model in VIEWS if "reference" in model.model_fields], ids=kind
)
def test_a_views_published_table_is_looked_for_and_has_to_be_about_the_experiment(
    model: type[BaseModel], tmp_path: Path
) -> None:
    view = written(model)
    load(tmp_path, view, is_view=True)
    with pytest.raises(ConfigError, match=r"views\[0\].reference: no file 'nowhere.csv'"):
        load(tmp_path, view | {"reference": "nowhere.csv"}, is_view=True)
    joined = [field for field in ("cases", "series", "link_kind") if field in view]
    for field in joined:
        other = "rope" if field == "link_kind" else dict.fromkeys(view[field], "rope")
        with pytest.raises(ConfigError, match=r"views\[0\].reference: .*no .*'rope'") as refusal:
            load(tmp_path, view | {field: other}, is_view=True)
        assert "column" in str(refusal.value)
        assert "allowed: " in str(refusal.value) or "did you mean" in str(refusal.value)
    assert joined or kind(model) == "fates"  # whose rows are of switches, each named by the run


def test_core_counts_that_only_the_plan_knows_are_checked_there(tmp_path: Path) -> None:
    view = {"kind": "fits", "id": "v", "title": "V", "extrapolate": 96}
    load(tmp_path, view, is_view=True)
    file = tmp_path / f"experiment/{NAME}.yaml"
    content = yaml.safe_load(file.read_text())
    del content["axes"]["cores"], content["what_if"], content["sensitivity"]
    ratio = {"kind": "ratio", "column": "throughput", "label": "L", "cores": 48, "over_cores": 47}
    content["views"] = [view | ratio]
    del content["views"][0]["extrapolate"]
    file.write_text(yaml.safe_dump(content))
    load_experiment(NAME, [tmp_path])
    with pytest.raises(ConfigError, match=r"views\[0\].over_cores: .*: 47\n  allowed: 1, 48"):
        plan(NAME, config_dirs=[tmp_path])
    assert plan(NAME, ["cores=[1,47]"], config_dirs=[tmp_path]).curves


def test_a_claim_looks_at_a_value_that_its_axis_has(tmp_path: Path) -> None:
    point = written(METRIC_KINDS["point"]) | {"at": {"workload.threshold": 3}}
    with pytest.raises(ConfigError, match=r"claims\[0\].metric.at.workload.threshold: no value 3"):
        load(tmp_path, point, is_view=False)
