"""A kernel design: a table that says how each kernel object is shared (group `kernel`).

Stock Linux, PK, the multikernel, what lies between them, and a user's own differ in this table and
in nothing else. The switches `kernel.fix.<id>`, which OSDI'10 Figure 1 names, are presets: each
stands for one setting of one object.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, create_model, model_validator

from sim.extensions import import_all
from sim.kernel.clusters import Extent
from sim.kernel.packet_path import PacketPath
from sim.kernel.table import (
    BY_CLUSTER,
    NUMBERS,
    OBJECTS,
    Fix,
    KernelObject,
    KernelTable,
    strategies_of,
)
from sim.kernel.threads import Threads
from sim.settings import Fraction, Settings, Sources
from sim.sync.lock_kinds import Locks

import_all("sim.kernel.objects")


def fixes() -> dict[str, tuple[type[KernelObject], Fix]]:
    """Every change of a kernel that a paper names, by its id, with the object that it changes."""
    return {name: (of, fix) for of in OBJECTS.values() for name, fix in of.fixes.items()}


def _meaning(key: str) -> str:
    """What each strategy of an object is, in a line."""
    lines = {name: (made.__doc__ or "").split("\n")[0] for name, made in strategies_of(key).items()}
    return "how cores share it: " + "; ".join(
        f"{name}: {line.rstrip('.')}" for name, line in lines.items()
    )


def _numbers(key: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Numbers of an object's single strategies, none of which a kernel has to give."""
    found: dict[str, Any] = {}
    for model in (NUMBERS[key, name] for name in names if (key, name) in NUMBERS):
        for name, info in model.model_fields.items():
            of: Any = info.annotation
            of = Annotated[of, *info.metadata] if info.metadata else of
            found[name] = (of | None, Field(default=None, description=info.description))
    return found


def _with_choice(of: type[KernelObject]) -> type[KernelObject]:
    """The settings of an object with the one that names its strategy, if there are several."""
    names = tuple(strategies_of(of.key))
    if not names:
        return of
    fields: dict[str, Any] = {
        of.choice: (Literal[names], Field(description=_meaning(of.key))),
        **_numbers(of.key, names),
    }
    return create_model(
        of.__name__,
        __base__=of,
        __doc__=of.__doc__,
        __module__=of.__module__,
        **fields,
    )


class _Network(Settings):
    """Kernel objects that packets and connections touch."""


class _Objects(Settings):
    """The kernel's objects; one that is null, or not named, the kernel does not have."""


def _optional(model: type[Settings]) -> Any:
    return (model | None, Field(default=None, description=(model.__doc__ or "").split("\n")[0]))


def _objects() -> type[Settings]:
    """Settings of every kind of kernel object, those of the network below `network`."""
    models = {key: _with_choice(of) for key, of in OBJECTS.items()}
    network = {k.partition(".")[2]: _optional(m) for k, m in models.items() if "." in k}
    fields = {key: _optional(model) for key, model in models.items() if "." not in key}
    fields["network"] = _optional(
        create_model("Network", __base__=_Network, __doc__=_Network.__doc__, **network)
    )
    return create_model("KernelObjects", __base__=_Objects, __doc__=_Objects.__doc__, **fields)


class _Fixes(Settings):
    """The kernel changes of OSDI'10 Figure 1, each a switch that stands for a line of the table.

    The keys are the ids of `reference/linux_osdi10/fig01_fixes.csv`.
    """


def _fixes() -> type[Settings]:
    fields: dict[str, Any] = {
        name: (bool | None, Field(default=None, description=fix.description))
        for name, (_, fix) in fixes().items()
    }
    return create_model("Fixes", __base__=_Fixes, __doc__=_Fixes.__doc__, **fields)


KernelObjects = _objects()
Fixes = _fixes()


class KernelDesign(Settings):
    """A kernel design: what each kernel object shares, and how."""

    name: str = Field(description="name of the kernel")
    cluster: Extent = Field(
        default="machine",
        description="cores that share one instance of what is owned or replicated through memory: "
        "of a kernel for the whole machine each core alone, else those of one of several kernels, "
        "those of a package, or each core; "
        "an object with another strategy is shared by all cores, whatever this says",
    )
    kernels: Annotated[int, Field(ge=1, le=4096, strict=True)] = Field(
        default=1,
        description="kernels of the machine, to which the active cores are dealt evenly, package "
        "after package, and at most one for each core; each has every object for itself, but for "
        "those that one of them owns or all have replicas of",
    )
    foreign_lines: Fraction = Field(
        default=0.0,
        description="share of the lines of owned processes, packets and sockets that come from "
        "other cores, or other clusters, all the same",
    )
    fix: Fixes = Field(  # type: ignore[valid-type]
        default_factory=Fixes,
        description="presets: what each change of OSDI'10 Figure 1 stands for",
    )
    locks: Locks | None = Field(default=None, description="kinds of lock; null: it has none")
    objects: KernelObjects  # type: ignore[valid-type]
    packets: PacketPath | None = Field(
        default=None, description="way of a packet between local processes; null: not described"
    )
    threads: Threads | None = Field(
        default=None, description="thread library of parallel programs; null: not described"
    )
    sources: Sources

    @model_validator(mode="after")
    def _clusters_are_of_something(self) -> KernelDesign:
        """Refuse clusters where no object would notice."""
        if self.cluster == "kernel":
            return self
        table = KernelTable(self)
        for key, name in BY_CLUSTER if self.cluster != "machine" else ():
            line = table.part(f"objects.{key}")
            if line is not None and getattr(line, line.choice) == name:
                return self
        if self.cluster == "machine":
            return self
        able = ", ".join(f"{key} {name}" for key, name in sorted(BY_CLUSTER))
        raise ValueError(
            f"cluster: {self.cluster} changes nothing, as no object of {self.name} is one of a "
            f"cluster\n  allowed: machine, or one of the objects {able}"
        )

    @model_validator(mode="after")
    def _several_kernels_are_clusters(self) -> KernelDesign:
        """Refuse several kernels where the clusters are others."""
        if self.kernels > 1 and self.cluster != "kernel":
            raise ValueError(
                f"kernels: {self.kernels}, where one instance is shared by the cores of a "
                f"{self.cluster}\n  allowed: 1, or kernel.cluster=kernel"
            )
        return self

    @property
    def shares_memory(self) -> bool:
        """Whether one instance of the kernel may serve cores of several packages."""
        return self.cluster in ("machine", "kernel")
