"""Text from an experiment's file or the command line is shown as text: it is never markup."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
import synthetic
from pydantic import ValidationError

from analysis.artifact import files as made
from analysis.read import manifest
from analysis.report import scripts, site
from analysis.report.pages import Run

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></svg><iframe src=javascript:alert(1)>",
    "{{ 7 * 7 }} {% include '/etc/passwd' %}",
    "$\\frac{1}{0$ $(id) `id` ; id # & é \u202e",
)


class Page(HTMLParser):
    """Names of the elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}


def hostile_experiment(text: str):
    plain = synthetic.experiment()
    curves = [
        {"id": curve.id, "label": f"{text} {curve.label}", "group": text} for curve in plain.curves
    ]
    claims = [
        claim.model_dump() | {"statement": text, "section": text, "not_modelled": text}
        if claim.not_modelled
        else claim.model_dump(exclude_none=True) | {"statement": text}
        for claim in plain.claims
    ]
    return synthetic.experiment(
        title=text, finding=text, artifact=text, section=text, curves=curves, claims=claims
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_a_report_shows_hostile_text_as_text(text: str, tmp_path: Path, report: Path) -> None:
    expected = Page()
    for page in report.glob("*.html"):
        expected.feed(page.read_text())
    experiment = hostile_experiment(text)
    folder = tmp_path / "mine" / experiment.name
    files = [synthetic.write(folder, curve, hop_cycles=127) for curve in ("stock", "pk")]
    made.write(experiment, files, folder)
    for figure in (folder / "figures").glob("*.svg"):
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.parse(figure).iter()}
        assert not tags & {"script", "img", "iframe"}
    run = Run(tmp_path / "mine", (f"hardware.nic.name={text}",))
    written = site.write(run, [experiment], tmp_path / "none.md").parent
    found = Page()
    for page in written.glob("*.html"):
        found.feed(page.read_text())
        assert "{{" not in text or text in page.read_text().replace("&#39;", "'")
    assert found.elements <= expected.elements
    assert not {name for name in found.attributes if name.startswith("on")}
    others = {p.name for p in set(written.iterdir()) - set(written.glob("*.html"))}
    assert others == {manifest.FILE, scripts.FOLDER, "data"}


@pytest.mark.parametrize(
    "name", ["../x/y", "x/..", "x/../y", "x/y/z", "/x/y", "x/.y", "x/y\n", "x/$(id)", "x/<b>"]
)
def test_an_experiment_cannot_be_named_as_a_place_outside_the_results(name: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        synthetic.experiment(name=name)


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "", ".x", "a b", "a;b", "a\n", "$(id)"])
def test_a_curve_cannot_be_named_as_a_place_outside_the_results(name: str) -> None:
    curves = [{"id": name, "label": "Stock"}, {"id": "pk", "label": "PK"}]
    with pytest.raises(ValidationError, match="id"):
        synthetic.experiment(curves=curves)
