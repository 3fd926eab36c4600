"""Every kind of metric and of view: the project's, and those in the user's own files.

They are found by where they lie, `metrics/` and `views/` here and `extensions/` in the user's
folders, as the files of `conf/` are. Nothing below imports them, and they may use whatever they
need of the analysis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from sim import extensions
from sim.experiment.metric import METRICS, Metric
from sim.experiment.view import VIEWS, View

__all__ = ["METRICS", "VIEWS", "AnyMetric", "AnyView"]

extensions.refuse_while_reading(__name__)
extensions.import_all("metrics")
extensions.import_all("views")
extensions.load()

if TYPE_CHECKING:
    AnyMetric = Metric
    AnyView = View
else:
    _METRICS = tuple(METRICS[kind] for kind in sorted(METRICS))
    _VIEWS = tuple(VIEWS[kind] for kind in sorted(VIEWS))
    AnyMetric = Annotated[Union[_METRICS], Field(discriminator="kind")]  # noqa: UP007
    AnyView = Annotated[Union[_VIEWS], Field(discriminator="kind")]  # noqa: UP007
