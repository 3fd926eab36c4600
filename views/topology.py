"""A machine's packages and links, and the hops between packages (SOSP'09 Figure 2).

The packages of a mesh or torus are placed in its rows and columns, others so that their distances
come near the hops. The drawing comes from the configured machine; where a published list of links
is given, the table says whether they agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from sim.experiment.fields import Machine
from sim.experiment.view import Cells, View

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from sim.experiment.evidence import Results
    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots, Table
    from sim.machine.settings.hardware import Hardware, Topology

DISC = 1500  # area of a package in the drawing, points squared
WRITTEN = 64  # packages at most whose numbers are written into them
BOW = 0.3  # of a ring's last link, which would hide behind the others
SCHEMA = {
    "a": int,
    "b": int,
    "hops": int,
    "linked": bool,
    "published": bool,
}


class TopologyView(View):
    """Packages and links of a machine."""

    reference_columns: ClassVar[tuple[str, ...]] = ("node_a", "node_b", "kind")

    kind: Literal["topology"]
    hardware: Machine = Field(description="machine that is drawn")
    reference: str | None = Field(
        default=None, description="published links under reference/: node_a, node_b, kind"
    )
    link_kind: str = Field(default="HT", description="kind of the links between packages")

    def check_published(self, table: Table, origin: str) -> None:
        """Check that there are links of the kind, between packages."""
        from sim.config.errors import ConfigError, message, show
        from sim.experiment.references import number

        table.require_in(table.values("kind"), "kind", [self.link_kind], origin)
        for line, row in table.rows:
            if row["kind"] != self.link_kind:
                continue
            for column in ("node_a", "node_b"):
                if not number(table, line, row, column).is_integer():
                    what = f"{show(row[column])} is not a package"
                    raise ConfigError(message(table.place(line, column), what))

    def _machine(self, experiment: Experiment) -> Hardware:
        """Return the machine that the view draws."""
        from sim.config.compose import compose

        return compose([f"hardware={self.hardware}"], experiment.config_dirs).hardware

    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """Every pair of packages: hops, whether a link joins them, and whether the paper agrees."""
        import polars as pl

        from analysis.read import reference

        topology = self._machine(experiment).topology
        hops = hop_matrix(topology)
        linked = {tuple(sorted(link)) for link in topology.package_links}
        published: set[tuple[int, ...]] | None = None
        if self.reference is not None:
            pairs = reference.table(self.reference, references)
            coherent = pairs.filter(pl.col("kind") == self.link_kind)
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

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """Draw packages with their cores, joined by links."""
        import matplotlib.pyplot as plt

        from analysis.draw import style

        style.apply()
        hardware = self._machine(experiment)
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

    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """Size and diameter of the machine, and whether its links are the published ones."""
        import polars as pl

        hardware = self._machine(experiment)
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
                " The links are the published ones."
                if same
                else " The links differ from the paper."
            )
        return text

    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """Return the hop matrix."""
        hops = hop_matrix(self._machine(experiment).topology)
        header = ["hops from", *(str(n) for n in range(len(hops)))]
        rows = [[str(n), *(str(int(h)) for h in row)] for n, row in enumerate(hops)]
        return header, rows, [True] * len(header)


def hop_matrix(topology: Topology) -> NDArray[np.int64]:
    """Links of the shortest way between packages: int64[packages, packages]."""
    import numpy as np
    from scipy.sparse.csgraph import shortest_path

    links = np.zeros((topology.packages, topology.packages))
    for a, b in topology.package_links:
        links[a, b] = 1
    hops: NDArray[np.int64] = shortest_path(links, directed=False, unweighted=True).astype(np.int64)
    return hops


def places(hops: NDArray[np.int64]) -> NDArray[np.float64]:
    """Positions in the plane whose distances come near the hops: float64[packages, 2].

    Kamada and Kawai's springs, from classical scaling; its third axis, slanted, parts packages
    that the plane would put on one spot.
    """
    import numpy as np
    from scipy.optimize import minimize

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
    import numpy as np

    grid = topology.mesh or topology.torus
    if grid is None:
        return places(hop_matrix(topology))
    rows, columns = np.divmod(np.arange(topology.packages), grid[1])
    return np.stack([columns, -rows], axis=1).astype(float)


def draw_links(pair: Axes, topology: Topology, at: NDArray[np.float64]) -> None:
    """Draw links as straight lines, those that close a ring as arcs."""
    import numpy as np
    from matplotlib.patches import FancyArrowPatch

    from analysis.draw import style

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
