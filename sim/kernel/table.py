"""A kernel's table: which kernel objects it has, and how each of them is shared.

A line of the table is a `KernelObject`: the strategy by which cores share the object, and the
numbers of all its strategies. Each object stands in one file of `sim/kernel/objects/` beside the
code that its strategies emit, and registers itself by being defined; so does each strategy. Nothing
else lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from sim.settings import Settings, check_name

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.kernel.design import KernelDesign

Object = TypeVar("Object", bound="KernelObject")
Made = TypeVar("Made", bound=Callable[..., Any])
NETWORK = "network"
"""Part of the table with the objects that packets and connections touch."""


@dataclass(frozen=True)
class Fix:
    """A change of a kernel that a paper names: one setting of one object, off and on.

    Attributes:
        setting: of the object.
        off, on: its values without the change and with it.
        description: what changes.
        alone: whether only `on` is this change; otherwise whatever is not `off` has it.
    """

    setting: str
    off: str
    on: str
    description: str
    alone: bool = False

    def shown(self, chosen: str) -> bool:
        """Whether the setting's value has the change."""
        return chosen == self.on if self.alone else chosen != self.off


class KernelObject(Settings):
    """Settings of one kernel object: a line of a kernel's table.

    Attributes:
        key: its place in the table, below `kernel.objects`.
        choice: its setting that names the strategy; without several strategies there is none.
        fixes: the papers' changes that choose one of its strategies, by their ids.
    """

    key: ClassVar[str] = ""
    choice: ClassVar[str] = "sharing"
    fixes: ClassVar[Mapping[str, Fix]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        """Enter the class into the table, under its key."""
        super().__init_subclass__(**options)
        key = cls.__dict__.get("key", "")
        known = OBJECTS.get(key)
        if known is not None and not issubclass(cls, known):  # with a choice, it is one of its own
            raise ValueError(f"kernel.objects.{key} is already {known.__module__}.{known.__name__}")
        if key != "" and known is None:
            _check_key(key)
            OBJECTS[key] = cls


def _check_key(key: object) -> None:
    """Check the place of a new object: below `kernel.objects`, or below its one part.

    Raises:
        ValueError: if no setting can have such a name.
    """
    what = f"the key of a kernel object, {key!r}"
    parts = key.split(".") if isinstance(key, str) else [key]
    if key == NETWORK or len(parts) > 2 or (len(parts) == 2 and parts[0] != NETWORK):
        raise ValueError(f"{what}: allowed: NAME or {NETWORK}.NAME")
    check_name(parts[-1], what)


OBJECTS: dict[str, type[KernelObject]] = {}
"""Every kind of kernel object, by its place in a kernel's table."""

Strategy = Callable[["KernelContext", Any], Any]
STRATEGIES: dict[tuple[str, str], Strategy] = {}
"""Every strategy, by its object's place in the table and its own name."""


BY_CLUSTER: set[tuple[str, str]] = set()
"""Strategies that ask for the kernel's clusters."""

NUMBERS: dict[tuple[str, str], type[Settings]] = {}
"""Numbers of single strategies, which other kernels need not give."""


def strategy(
    of: type[KernelObject],
    name: str,
    *,
    numbers: type[Settings] | None = None,
    fix: str = "",
    instead_of: str = "",
    by_cluster: bool = False,
) -> Callable[[Made], Made]:
    """Register a way in which cores share an object.

    What is registered makes the object of one simulation from the kernel's context and the object's
    settings. Its name becomes a value of the object's `choice`; the first line of its docstring
    says what that means.

    Args:
        of: the object.
        name: of the strategy.
        numbers: settings that the object has for this strategy; only kernels that choose it must
            give them.
        fix: switch `kernel.fix.<fix>` that chooses it; empty: none.
        instead_of: what that switch chooses when it is off.
        by_cluster: whether it asks for the kernel's clusters; a kernel without such a strategy
            cannot have clusters, which would change nothing.
    """

    def register(made: Made) -> Made:
        check_name(name, f"a strategy of kernel.objects.{of.key}")
        if (of.key, name) in STRATEGIES:
            place = STRATEGIES[of.key, name].__module__
            raise ValueError(f"kernel.objects.{of.key}: strategy {name!r} is already in {place}")
        STRATEGIES[of.key, name] = made
        if by_cluster:
            BY_CLUSTER.add((of.key, name))
        if numbers is not None:
            _require_new_numbers(of, numbers)
            NUMBERS[of.key, name] = numbers
        if fix:
            check_name(fix, f"a switch of kernel.objects.{of.key}")
            owner = next((one.key for one in OBJECTS.values() if fix in one.fixes), None)
            if owner is not None:
                raise ValueError(f"kernel.fix.{fix} is already a switch of kernel.objects.{owner}")
            meaning = (made.__doc__ or "").split("\n")[0].rstrip(".")
            of.fixes = {**of.fixes, fix: Fix(of.choice, instead_of, name, meaning)}
        return made

    return register


def _require_new_numbers(of: type[KernelObject], numbers: type[Settings]) -> None:
    """Check that a strategy's own settings take no other's place."""
    others = [of, *(model for (key, _), model in NUMBERS.items() if key == of.key)]
    for name in numbers.model_fields:
        if name == of.choice or any(name in model.model_fields for model in others):
            raise ValueError(f"kernel.objects.{of.key}.{name} is already a setting")


def strategies_of(key: str) -> dict[str, Strategy]:
    """The strategies of an object by name, in the order of their definitions."""
    return {name: made for (owner, name), made in STRATEGIES.items() if owner == key}


class KernelTable:
    """A kernel's table as a workload reads it, which notes what was read.

    Nothing else of the table can influence the workload's results.

    Args:
        kernel: the table.

    Attributes:
        felt: places in it that were read.
    """

    def __init__(self, kernel: KernelDesign) -> None:
        self.kernel = kernel
        self.felt: set[str] = set()

    @property
    def name(self) -> str:
        """Name of the kernel."""
        return self.kernel.name

    def part(self, key: str) -> Any:
        """A part of the table by its dotted key; None where the kernel has no such part."""
        self.felt.add(key)
        found: Any = self.kernel
        for name in key.split("."):
            found = getattr(found, name, None)
        return found

    def needed(self, key: str) -> Any:
        """A part of the table that the workload cannot do without.

        Raises:
            ValueError: if the kernel has no such part.
        """
        found = self.part(key)
        if found is None:
            raise ValueError(
                f"{self.name} has no {key}, which this workload uses; allowed: kernels whose table "
                f"has kernel.{key}"
            )
        return found

    def has(self, of: type[KernelObject]) -> bool:
        """Whether the kernel has an object."""
        return self.part(f"objects.{of.key}") is not None

    def settings(self, of: type[Object]) -> Object:
        """The table's line of an object.

        Raises:
            ValueError: if the kernel has no such object.
        """
        found: Object = self.needed(f"objects.{of.key}")
        return found
