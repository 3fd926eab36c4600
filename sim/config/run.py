"""Settings of a run (group `run`) and of one curve."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from sim.config.limits import Limits
from sim.kernel.design import KernelDesign
from sim.machine.settings.hardware import Hardware
from sim.program.slowing import delay
from sim.settings import PositiveCount, PositiveCycles, Settings, Sources
from sim.workload.any import Workload


class RunLevel(Settings):
    """How long and how often to simulate (group `run`)."""

    name: str = Field(description="name of the run level")
    warmup_operations: PositiveCount = Field(
        description="operations dropped before the window opens, per core and per operation that "
        "a core has outstanding"
    )
    operations: PositiveCount = Field(
        description="operations inside the window, per core and per operation that a core has "
        "outstanding"
    )
    minimum_operations: PositiveCount = Field(
        description="operations of all cores together inside the window, at least"
    )
    jobs: Annotated[int, Field(ge=1, le=1000, strict=True)] = Field(
        description="whole jobs inside the window, after one to warm up, where an operation is one"
    )
    replications: Annotated[int, Field(ge=1, le=1000, strict=True)] = Field(
        description="independent replications of every point, at most"
    )
    minimum_replications: Annotated[int, Field(ge=2, le=1000, strict=True)] = Field(
        default=3, description="replications of a point before its precision is looked at"
    )
    precision: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        default=0.01,
        description="half of the 95 % interval over the mean at which a point has enough "
        "replications; 0: all of them",
    )
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, strict=True)] = Field(
        description="root of the seed tree"
    )
    maximum_cycles: PositiveCycles = Field(
        description="simulated cycles in which no core completes an operation, after which a run "
        "is given up with an error"
    )
    sources: Sources


def _in_a_list(value: Any) -> Any:
    """Let one name, or delay, stand for a list of one."""
    return [value] if isinstance(value, str) else value


class RunConfig(Settings):
    """One curve: a workload on a kernel on a machine, at some core counts."""

    hardware: Hardware
    kernel: KernelDesign
    workload: Workload
    run: RunLevel
    limits: Limits = Field(exclude=True)
    cores: (
        Annotated[list[Annotated[int, Field(ge=1, le=4096, strict=True)]], Field(min_length=1)]
        | Literal["all"]
        | None
    ) = Field(
        default=None,
        description="active cores of each point; all: every one of the machine; default: 1 and "
        "all; processes of scale/ may be more, and then take turns",
    )
    order: Literal["package", "round_robin"] | None = Field(
        default=None, description="order of enabling cores; default: the workload's own"
    )
    free: Annotated[list[str], BeforeValidator(_in_a_list)] = Field(
        default_factory=list, description="objects of the account that cost nothing: what if?"
    )
    slow: Annotated[list[str], BeforeValidator(_in_a_list)] = Field(
        default_factory=list,
        description="objects of the account that take longer, each as OBJECT:CYCLES or with a "
        "time, as OBJECT:2us: locks are held for so much longer after each acquisition, others "
        "take it each time that a core turns to them",
    )

    @model_validator(mode="after")
    def _delays_are_of_different_objects(self) -> RunConfig:
        names = [delay(text, self.hardware.clock_ghz)[0] for text in self.slow]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"slow: '{name}' stands twice")
            if name in self.free:
                raise ValueError(f"slow: '{name}' is free of cost (free=) at the same time")
        return self

    @property
    def delays(self) -> dict[str, int]:
        """Cycles that objects take longer, by name."""
        return dict(delay(text, self.hardware.clock_ghz) for text in self.slow)

    @model_validator(mode="after")
    def _cores_exist(self) -> RunConfig:
        for cores in self.core_counts:
            if cores > self.hardware.cores:
                reason = self.workload.one_task_a_core
                if reason is None:
                    continue
                raise ValueError(
                    f"cores: {cores} is more than the {self.hardware.cores} cores of "
                    f"{self.hardware.name}{reason}"
                )
        return self

    @model_validator(mode="after")
    def _machine_has_what_the_workload_names(self) -> RunConfig:
        problem = self.workload.problem_on(self.hardware)
        if problem:
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _kernel_stays_on_its_island(self) -> RunConfig:
        if self.hardware.coherence.protocol != "islands" or not self.kernel.shares_memory:
            return self
        topology = self.hardware.topology
        for cores in self.core_counts:
            if topology.spanned(cores, self.core_order) > 1:
                raise ValueError(
                    f"kernel: {self.kernel.name} shares memory between its cores, and "
                    f"{self.hardware.name} keeps caches coherent within a package only; allowed: "
                    f"the cores of one package (order=package, cores up to "
                    f"{topology.cores_per_package}, not {cores}), or kernel=barrelfish with "
                    "programs that send nothing but messages between packages"
                )
        return self

    @model_validator(mode="after")
    def _workload_fits_the_cores(self) -> RunConfig:
        for cores in self.core_counts:
            problem = self.workload.problem(cores)
            if problem:
                raise ValueError(f"cores: {problem}")
        return self

    @model_validator(mode="after")
    def _machine_has_a_network_card(self) -> RunConfig:
        if self.workload.networked and self.hardware.nic is None:
            raise ValueError(
                f"hardware: {self.hardware.name} has no network card (nic), "
                f"which {self.workload.name} needs"
            )
        return self

    @property
    def core_counts(self) -> list[int]:
        """Core counts to simulate, ascending and distinct."""
        if self.cores == "all":
            return [self.hardware.cores]
        return sorted(set(self.cores or [self.workload.fewest_cores, self.hardware.cores]))

    def dropped_operations(self, cores: int) -> int:
        """Operations of all cores before the window opens."""
        return self.run.warmup_operations * self._in_a_round(cores)

    def measured_operations(self, cores: int) -> int:
        """Operations of all cores inside the window."""
        return max(self.run.operations * self._in_a_round(cores), self.run.minimum_operations)

    def _in_a_round(self, cores: int) -> int:
        """Operations in which every one that is outstanding at a time has been completed once."""
        outstanding: int = self.workload.operations_outstanding
        return outstanding if self.workload.by_one_core else outstanding * cores

    @property
    def core_order(self) -> str:
        """Order in which cores are enabled."""
        return self.order or self.workload.order
