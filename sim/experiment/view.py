"""A view of an experiment's results beside its measures: a figure that compares curves as wholes.

A kind of view is a class in a file of its own, with its fields, its check at load, its numbers and
its drawing (`sim/experiment/registry.py`). A curve's `case` (an application, say) and `design` (a
kernel) say where it stands in a view; its `group` and `label` are what a reader sees of them.

    views: [{kind: ratio, ...}]  -->  RatioView  --table-->  numbers  --draw, finding, cells-->
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from sim.experiment.evidence import Results
from sim.experiment.fields import Name, Text
from sim.experiment.registry import enter
from sim.settings import Settings

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots, Table

Cells = tuple[list[str], list[list[str]], list[bool]]
"""A table as a reader sees it: its header, its rows, and which columns are numbers."""


class View(Settings):
    """Base of every kind of view.

    Attributes:
        needs: sections of an experiment of which it draws at least one.
        needs_axes: axes that its curves have.
        reference_columns: columns that it takes from its published table.
        joins: whether cases and designs meet in it, each of which then has one curve and one name.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    needs_axes: ClassVar[tuple[str, ...]] = ()
    reference_columns: ClassVar[tuple[str, ...]] = ()
    joins: ClassVar[bool] = False

    id: Name
    title: Text
    kind: str

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Enter the class into the list, under its kind."""
        super().__pydantic_init_subclass__(**options)
        enter(VIEWS, "view", cls)

    def check(self, experiment: Experiment, where: str) -> None:
        """Check at load what the fields do not say of themselves.

        Args:
            experiment: whose view it is.
            where: its key in the file, for messages.

        Raises:
            ValueError: something does not fit; the text says where and what.
        """

    def check_published(self, table: Table, origin: str) -> None:
        """Check at load the published table that it names, whose columns are there.

        Args:
            origin: where the table is named, for messages.

        Raises:
            ConfigError: the table lacks what the view looks for in it.
        """

    @abstractmethod
    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """Its numbers, which are all that is drawn and said of the results."""

    @abstractmethod
    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """Its figure."""

    @abstractmethod
    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """What it shows, in words."""

    @abstractmethod
    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """Its table as a reader sees it."""


VIEWS: dict[str, type[View]] = {}
"""Every kind of view, by the word that chooses it."""


def require_published(
    where: str, reference: str | None, joined: Mapping[str, Mapping[str, str]]
) -> None:
    """Check that a table of published values comes with the keys that it is joined by.

    Args:
        where: the view's key in the file.
        joined: fields of the view that say what is called how in the table.

    Raises:
        ValueError: the one is given without the other.
    """
    for field, names in joined.items():
        if bool(names) != (reference is not None):
            given, missing = (field, "reference") if names else ("reference", field)
            raise ValueError(f"{where}: {given} has no effect without {missing}")
