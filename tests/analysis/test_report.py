"""The report stands alone, says what was found, and escapes what it is given."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import synthetic

from analysis.artifact import files as artifacts
from analysis.read import effort
from analysis.report import prose, site
from analysis.report.layout import Table
from analysis.report.pages import Run


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.figures: list[dict[str, str | None]] = []
        self.ids: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.tags.append((tag, found))
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "svg":
            self.figures.append(found)
        for name in ("href", "src", "action", "data"):
            if found.get(name):
                self.addresses.append(str(found[name]))


@cache
def read(path: Path) -> Links:
    """Parse a page, once: the reports of these tests do not change."""
    links = Links()
    links.feed(path.read_text())
    return links


def test_no_page_has_an_external_address(report: Path, sweep: Path) -> None:
    for page in (*report.glob("*.html"), *sweep.glob("*.html")):
        text = page.read_text()
        assert "http:" not in text and "https:" not in text, page.name
        assert "url(//" not in text and "@import" not in text


def every_page(*folders: Path) -> list[Path]:
    return [page for folder in folders for page in sorted(folder.glob("*.html"))]


def test_every_link_of_the_report_leads_somewhere(report: Path, sweep: Path) -> None:
    for page in every_page(report, sweep):
        for address in read(page).addresses:
            if address.startswith("data:"):
                continue
            file, _, anchor = address.partition("#")
            target = page.parent / file if file else page
            assert target.exists(), (page.name, address)
            assert target.resolve().is_relative_to(page.parent.resolve()), (page.name, address)
            state = parse_qs(anchor) if "=" in anchor else {}
            if state:
                assert all(f"tab-{tab}" in read(target).ids for tab in state["tab"])
            elif anchor:
                assert anchor in read(target).ids, (page.name, address)


def test_headings_begin_with_one_title_and_skip_no_level(report: Path, sweep: Path) -> None:
    for page in every_page(report, sweep):
        levels = [int(tag[1]) for tag, _ in read(page).tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1 and levels.count(1) == 1, page.name
        for above, below in pairwise(levels):
            assert below <= above + 1, (page.name, levels)


def test_every_table_names_its_columns_and_scrolls_in_its_own_container(
    report: Path, sweep: Path
) -> None:
    for page in every_page(report, sweep):
        tags = read(page).tags
        for tag, attributes in tags:
            if tag == "th":
                assert attributes.get("scope") in ("col", "row"), page.name
        text = page.read_text()
        tables = text.count("<table")
        assert len(re.findall(r'<div class="table[^>]*><table', text)) == tables
        assert text.count("<thead>") == tables


def test_every_page_can_skip_its_navigation_and_names_its_figures(
    report: Path, sweep: Path
) -> None:
    for page in every_page(report, sweep):
        found = read(page)
        links = [attributes for tag, attributes in found.tags if tag == "a"]
        assert links[0]["href"] == "#main" and "main" in found.ids
        assert ("html", {"lang": "en"}) in found.tags
        for figure in found.figures:
            if figure.get("aria-hidden") != "true":
                assert figure["role"] == "img" and str(figure["aria-label"]).strip()


def test_every_figure_has_a_caption_that_says_how_far_it_is_from_what_was_published(
    report: Path,
) -> None:
    text = (report / "osdi10-fig04_exim.html").read_text()
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", text, re.DOTALL)
    assert len(captions) == text.count("<figure ") == 2
    assert re.search(r"Mean error: Stock \d+\.\d % \(at most \d+\.\d %\), PK", captions[0])


def test_what_comes_from_outside_is_escaped(report: Path) -> None:
    """Scripts are the report's own: two beside it, one line, and data that no text can close."""
    own = re.compile(
        r'<script defer src="scripts/(vega|report)\.js"></script>'
        r'|<script>document\.documentElement\.className = "scripted"</script>'
        r'|<script type="application/json">[^<]*</script>'
    )
    for page in report.glob("*.html"):
        assert "<script" not in own.sub("", page.read_text()), page.name
    assert "&lt;script&gt;" in (report / "index.html").read_text()
    assert "&lt;b&gt;disk" in (report / "limitations.html").read_text()


def test_what_the_search_finds_is_there(report: Path) -> None:
    text = (report / "scripts/search.js").read_text()
    found = json.loads(text.removeprefix("window.searchable = ").removesuffix(";\n"))
    assert {kind for kind, *_ in found} == {"page", "claim", "setting"}  # no part of the limits
    for *_, address in found:
        file, _, anchor = address.partition("#")
        assert not anchor or anchor in read(report / file).ids, address


def test_a_report_leaves_nothing_of_an_earlier_one(tmp_path: Path) -> None:
    stale = [tmp_path / "old.html", tmp_path / "scripts/old.js", tmp_path / "data/x/old.csv"]
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("old")
    table = tmp_path.with_name("table.csv")
    table.write_text("a,b")
    site.replace(tmp_path, {"index.html": "new"}, {"data/x/table.csv": table})
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert left == {"index.html", "data/x/table.csv"}


def test_ids_on_a_page_are_unique(report: Path, sweep: Path) -> None:
    for page in every_page(report, sweep):
        ids = read(page).ids
        assert len(ids) == len(set(ids)), page.name


def test_the_experiment_page_says_how_to_reproduce_it_and_what_it_took(report: Path) -> None:
    text = (report / "osdi10-fig04_exim.html").read_text()
    assert "python -m sim run experiment=osdi10/fig04_exim out=my_fig04_exim" in text
    assert "snakemake " in text
    assert "mount table: lock wait, 70 % of Stock&#39;s cycles at 48 cores" in text
    assert "events per second" in text


def test_events_per_second_come_from_the_benchmark_files(report: Path, results: Path) -> None:
    folder = results / "paper"
    one = effort.of_curve(
        "pk",
        folder / "osdi10/fig04_exim/pk.parquet",
        folder / "benchmarks/osdi10/fig04_exim/pk.tsv",
    )
    assert one.events == 13 * 5 * 100_000
    assert one.events_per_second == pytest.approx(one.events / 2.0)
    assert (
        effort.of_curve("pk", folder / "osdi10/fig04_exim/pk.parquet", Path("no")).seconds is None
    )


def test_the_first_number_is_how_many_predictions_hold(report: Path) -> None:
    for page in ("index.html", "claims.html"):
        text = (report / page).read_text()
        (first, beside), *_ = re.findall(r"<b>(\d+ of \d+ [^<]*)</b>([^<]*)<", text)
        assert first == "0 of 0 predictions hold"
        assert beside.startswith("Mean error over all ")
        assert text.index(first) < text.index("partly fitted")
        assert "Besides, 1 not modelled." in text


def test_a_failure_says_why_and_links_to_the_limitation(
    tmp_path: Path,
) -> None:
    made = synthetic.experiment()
    first = made.claims[0].model_dump(exclude_defaults=True)
    failing = {"published": 0.9, "tolerance": 0.01, "trend": {"below": 0.8}}
    said = {"why": "The lock <b>slows</b>.", "limitation": "What it's not (yet)"}
    claims = [first | failing | said, *(c.model_dump(exclude_none=True) for c in made.claims[1:])]
    experiment = synthetic.experiment(claims=claims)
    folder = tmp_path / "paper" / experiment.name
    files = [synthetic.write(folder, curve) for curve in ("stock", "pk")]
    artifacts.write(experiment, files, folder)
    limitations = tmp_path / "limitations.md"
    limitations.write_text("# Limits\n\n## What it's not (yet)\n\nText.\n")
    index = site.write(Run(tmp_path / "paper"), [experiment], limitations)
    for page in ("claims.html", "osdi10-fig04_exim.html"):
        text = (index.parent / page).read_text()
        assert "Why: The lock &lt;b&gt;slows&lt;/b&gt;." in text
        assert 'href="limitations.html#what-its-not-yet"' in text
    assert '<h2 id="what-its-not-yet">' in (index.parent / "limitations.html").read_text()
    (row, *_) = json.loads((folder / "claims.json").read_text())
    assert (row["verdict"], row["why"]) == ("trend only", "The lock <b>slows</b>.")
    assert row["limitation"] == "What it's not (yet)"


def test_claims_are_grouped_by_section_and_say_what_they_rest_on(report: Path) -> None:
    text = (report / "claims.html").read_text()
    assert "<h2>OSDI&#39;10</h2>" in text and "<h3>Section 5.2, Exim</h3>" in text
    assert re.search(r"partly fitted</a></th>(<td class=.number.[^>]*>\d</td>){4}", text)
    assert 'id="not-modelled" href="#not-modelled"' in text
    assert "main:has(#not-modelled:target)" in text
    assert len(re.findall(r'<tr id="claim-[^"]+" class="is-', text)) == 3


def test_the_null_model_stands_beside_the_simulators_errors(report: Path) -> None:
    text = (report / "osdi10-fig04_exim.html").read_text()
    assert "law: mean |error| %" in text
    assert "all published" in text
    assert "knows no mechanism" in text
    index = (report / "index.html").read_text()
    assert re.search(r"as good for \d of 2 series", index)


def test_errors_come_with_the_accuracy_of_the_published_points(report: Path) -> None:
    text = (report / "osdi10-fig04_exim.html").read_text()
    assert "read to about 0.08 % of the axis&#39;s height: at least 0.08 to 0.61 %" in text


def test_memory_stands_beside_wall_time(report: Path) -> None:
    assert '<td class="number">310</td>' in (report / "osdi10-fig04_exim.html").read_text()
    assert "memory, MiB" in (report / "index.html").read_text()


def test_the_sources_page_counts_a_shared_value_once(report: Path) -> None:
    text = (report / "sources.html").read_text()
    assert "<b>1</b>calibrated" in text
    assert "hop_occupancy_cycles" in text
    assert "lines.csv" in text


def test_a_sweep_is_compared_with_the_paper(sweep: Path) -> None:
    text = (sweep / "comparison.html").read_text()
    assert "hardware.<wbr>coherence.<wbr>hop_cycles" in text
    assert "36.5 % lower than in paper" in text
    assert 'aria-label="slow_hops against paper.' in text
    index = (sweep / "index.html").read_text()
    assert "hardware.coherence.hop_cycles=200" in index


def test_links_in_prose_keep_their_text_only() -> None:
    assert str(prose.render("See [the page](x.md).")).strip() == "<p>See the page.</p>"


def test_a_column_that_says_nothing_is_left_out() -> None:
    table = Table(["curve", "best", "n"], [["a", "", "1"], ["b", "", ""]], [False, True, True])
    left = table.without_empty_columns()
    assert (left.header, left.rows) == (["curve", "n"], [["a", "1"], ["b", ""]])
    assert left.numeric == [False, True]
