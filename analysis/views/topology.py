"""A machine's packages and links, and the hops between packages (SOSP'09 Figure 2).

The packages of a mesh or torus are placed in its rows and columns, others so that their distances
come near the hops. The drawing comes from the configured machine; where a published list of links
is given, the table says whether they agree.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse.csgraph import shortest_path

from analysis.draw import style
from analysis.read import reference
from analysis.read.results import Results
from sim.config.compose import compose
from sim.experiment.file import Experiment
from sim.experiment.references import Roots
from sim.experiment.views import TopologyView
from sim.machine.settings.hardware import Hardware, Topology

DISC = 1500  # area of a package in the drawing, points squared
WRITTEN = 64  # packages at most whose numbers are written into them
BOW = 0.3  # of a ring's last link, which would hide behind the others
SCHEMA = {
    "a": pl.Int64,
    "b": pl.Int64,
    "hops": pl.Int64,
    "linked": pl.Boolean,
    "published": pl.Boolean,
}


def machine(view: TopologyView, experiment: Experiment) -> Hardware:
    """Return the machine that the view draws."""
    return compose([f"hardware={view.hardware}"], experiment.config_dirs).hardware


def hop_matrix(topology: Topology) -> NDArray[np.int64]:
    """Links of the shortest way between packages: int64[packages, packages]."""
    links = np.zeros((topology.packages, topology.packages))
    for a, b in topology.package_links:
        links[a, b] = 1
    hops: NDArray[np.int64] = shortest_path(links, directed=False, unweighted=True).astype(np.int64)
    return hops


def table(
    view: TopologyView,
    experiment: Experiment,
    results: Results,
    references: Roots,
) -> pl.DataFrame:
    """Every pair of packages: hops, whether a link joins them, and whether the paper says so."""
    topology = machine(view, experiment).topology
    hops = hop_matrix(topology)
    linked = {tuple(sorted(link)) for link in topology.package_links}
    published: set[tuple[int, ...]] | None = None
    if view.reference is not None:
        pairs = reference.table(view.reference, references)
        coherent = pairs.filter(pl.col("kind") == view.link_kind)
        published = {
            tuple(sorted((int(a), int(b))))
            for a, b in coherent.select("node_a", "node_b").iter_rows()
        }
    rows = [
        (
            a,
            b,
            int(hops[a, b]),
            (a, b) in linked,
            None if published is None else (a, b) in published,
        )
        for a in range(topology.packages)
        for b in range(a + 1, topology.packages)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def places(hops: NDArray[np.int64]) -> NDArray[np.float64]:
    """Positions in the plane whose distances come near the hops: float64[packages, 2].

    Kamada and Kawai's springs, from classical scaling; its third axis, slanted, parts packages
    that the plane would put on one spot.
    """
    n = len(hops)
    centre = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-0.5 * centre @ (hops.astype(float) ** 2) @ centre)
    axes = np.zeros((n, 3))
    axes[:, : min(n, 3)] = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1][:, :3]
    axes *= np.where(axes[0] > 0, -1.0, 1.0)  # the first package to the lower left
    start = axes[:, :2] + 0.5 * axes[:, 2:3]
    a, b = np.triu_indices(n, 1)

    def strain(flat: NDArray[np.float64]) -> float:
        at = flat.reshape(n, 2)
        lengths = np.linalg.norm(at[a] - at[b], axis=1)
        return float((((lengths - hops[a, b]) / hops[a, b]) ** 2).sum())

    found: NDArray[np.float64] = minimize(strain, start.ravel()).x.reshape(n, 2)
    return found


def positions(topology: Topology) -> NDArray[np.float64]:
    """Positions of the packages in the plane: float64[packages, 2]."""
    grid = topology.mesh or topology.torus
    if grid is None:
        return places(hop_matrix(topology))
    rows, columns = np.divmod(np.arange(topology.packages), grid[1])
    return np.stack([columns, -rows], axis=1).astype(float)


def draw_links(pair: Axes, topology: Topology, at: NDArray[np.float64]) -> None:
    """Draw links as straight lines, those that close a ring as arcs."""
    for a, b in topology.package_links:
        closes = topology.links is None and np.linalg.norm(at[a] - at[b]) > 1
        pair.add_patch(
            FancyArrowPatch(
                tuple(at[a]),
                tuple(at[b]),
                arrowstyle="-",
                connectionstyle=f"arc3,rad={BOW if closes else 0}",
                color=style.GUIDE,
                linewidth=2,
                zorder=1,
            )
        )


def draw(view: TopologyView, experiment: Experiment, table: pl.DataFrame) -> Figure:
    """Draw packages with their cores, joined by links."""
    style.apply()
    hardware = machine(view, experiment)
    topology = hardware.topology
    at = positions(topology)
    figure, pair = plt.subplots(figsize=(style.WIDTH, style.HEIGHT), layout="constrained")
    draw_links(pair, topology, at)
    disc = DISC * min(1, 16 / topology.packages)
    pair.scatter(at[:, 0], at[:, 1], s=disc, color=style.PALETTE[0], zorder=2)
    for package, (x, y) in enumerate(at if topology.packages <= WRITTEN else []):
        text = f"{package}"
        if topology.packages <= 16:
            text += f"\n{topology.cores_per_package} cores"
        pair.text(x, y, text, color="white", ha="center", va="center", fontsize=8, zorder=3)
    pair.margins(0.15)
    pair.set_axis_off()
    pair.set_aspect("equal")
    return figure


def finding(view: TopologyView, experiment: Experiment, table: pl.DataFrame) -> str:
    """Size and diameter of the machine, and whether its links are the published ones."""
    hardware = machine(view, experiment)
    links = table.filter(pl.col("linked"))
    farthest = int(table.select(pl.col("hops").max()).item())
    text = (
        f"{hardware.name}: {hardware.topology.packages} packages of "
        f"{hardware.topology.cores_per_package} cores, {len(links)} links, at most "
        f"{farthest} hops."
    )
    if table["published"].null_count() == 0:
        same = (table["linked"] == table["published"]).all()
        text += (
            " The links are the published ones." if same else " The links differ from the paper."
        )
    return text


def cells(
    view: TopologyView, experiment: Experiment, table: pl.DataFrame
) -> tuple[list[str], list[list[str]], list[bool]]:
    """Return the hop matrix."""
    hops = hop_matrix(machine(view, experiment).topology)
    header = ["hops from", *(str(n) for n in range(len(hops)))]
    rows = [[str(n), *(str(int(h)) for h in row)] for n, row in enumerate(hops)]
    return header, rows, [True] * len(header)
