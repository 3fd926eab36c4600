"""Machines without coherence across packages: messages run there, shared memory is refused."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.run import RunConfig
from sim.engine import isa
from sim.experiment.assumptions import felt_parts
from sim.kernel.design import fixes
from sim.lowering import build_program
from sim.machine.site import open_site
from sim.program.assembler import Assembler, Label
from sim.program.sharing import Crossing, crossings
from sim.simulate import RefusedError, simulate
from sim.sync.clh_lock import ClhLock
from sim.sync.mcs_lock import McsLock
from sim.sync.per_core_counter import PerCoreCounter
from sim.sync.sloppy_counter import SloppyCounter
from sim.sync.ticket_lock import TicketLock
from sim.sync.urpc import Cursor, UrpcChannels, UrpcStream, message_costs
from tests.machines import new_program, start
from tests.project_files import is_a_users

ISLANDS = "hardware=opteron_8x6_islands"
ONCE = ["run=smoke", "run.replications=1"]
MESSAGING = compose().hardware.messaging


def run(*overrides: str) -> dict:
    return simulate(compose([ISLANDS, *ONCE, *overrides])).points[0]


@pytest.mark.parametrize("kernel", ["linux_stock", "linux_pk", "linux_2_6_26", "windows_2008r2"])
def test_a_kernel_that_shares_memory_stays_in_one_package(kernel: str) -> None:
    chosen = [ISLANDS, f"kernel={kernel}", "workload=micro/unmap"]
    assert compose([*chosen, "cores=[1,6]"])
    for where in (["cores=[7]"], ["cores=[2]", "order=round_robin"], []):
        with pytest.raises(ConfigError) as refusal:
            compose([*chosen, *where])
        for words in (f"{kernel} shares memory", "kernel=barrelfish", "cores up to 6"):
            assert words in str(refusal.value)


def test_the_machine_brings_a_kernel_that_can_run_on_it() -> None:
    assert compose([ISLANDS, "workload=micro/urpc"]).kernel.name == "barrelfish"
    assert compose([ISLANDS, "kernel=linux_pk", "cores=[6]"]).kernel.name == "linux_pk"


REFUSED = {
    "exim": "'exim' fetches lines that cores of other packages wrote",
    "gmake": "'gmake' fetches lines",
    "metis": "share 'metis' \\(lines 'job'\\)",
    "micro/counter": "share 'counter'",
    "micro/line_sharing": "share 'line'",
    "micro/lock": "share 'lock'",
    "nas/cg": "'exchange' fetches lines",
    "pedsort": "share 'pedsort' \\(lines 'job_bag'\\)",
    "postgres": "fetches lines that cores of other packages wrote",
}


@pytest.mark.parametrize("workload", REFUSED)
def test_an_application_that_shares_memory_is_refused_by_what_it_shares(workload: str) -> None:
    with pytest.raises(RefusedError, match=REFUSED[workload]) as refusal:
        run(f"workload={workload}", "kernel=barrelfish", "cores=[12]")
    assert "opteron_8x6_islands keeps caches coherent within a package only" in str(refusal.value)
    assert "cores up to 6" in str(refusal.value)
    assert run(f"workload={workload}", "kernel=barrelfish", "cores=[6]", "order=package")


def test_broadcast_by_one_line_is_no_message() -> None:
    with pytest.raises(RefusedError, match="cores of 2 packages share|cores of 3 packages"):
        run("workload=micro/broadcast", "workload.tree=shared_line", "cores=[18]")


def test_page_tables_that_all_cores_share_are_refused() -> None:
    faults = ["workload=micro/page_fault", "workload.address_space=shared", "cores=[12]"]
    assert run(*faults)
    with pytest.raises(RefusedError, match="share 'mmap_sem'"):
        run(*faults, "kernel.objects.address_space.sharing=shared")


MESSAGES_ONLY = {
    "apache": [],
    "exim": ["workload.user_lines=0"],
    "memcached": [],
    "micro/accept": [],
    "micro/broadcast": [],
    "micro/open_close": [],
    "micro/shared_update": ["workload.mode=message"],
    "micro/two_phase_commit": [],
    "micro/udp": [],
    "micro/unmap": [],
    "micro/urpc": ["workload.pattern=pipelined"],
    "web_server": [],
}


@pytest.mark.parametrize("workload", MESSAGES_ONLY)
def test_the_multikernel_runs_what_sends_messages_across_all_packages(workload: str) -> None:
    row = run(f"workload={workload}", "cores=[48]", *MESSAGES_ONLY[workload])
    assert row["throughput"] > 0


@pytest.mark.parametrize("choice", ["locks.spin=mcs", "locks.mutex=queued"])
@pytest.mark.parametrize("kernel", ["barrelfish", "barrelfish_per_package"])
def test_a_core_or_cluster_keeps_its_own_locks_to_itself_whatever_their_kind(
    kernel: str, choice: str
) -> None:
    chosen = ["workload=exim", *MESSAGES_ONLY["exim"], f"kernel={kernel}", "cores=[12]"]
    assert run(*chosen, f"kernel.{choice}")["throughput"] > 0


SHARED_WITHOUT = {
    "parallel_accept": {"accept", "flow_steering"},
    "dentry_refcount": {"dentry_refcount"},
    "vfsmount_refcount": {"vfsmount"},
    "dst_entry_refcount": {"dst_entry"},
    "protocol_memory": {"protocol_memory"},
    "rcuref": {"dst_entry"},
    "per_core_routes": {"dst_entry"},
    "per_core_inode_lists": {"inode_lists"},
    "per_vma_lock": {"mmap_sem"},
    "dentry_lock": {"dentry"},
    "vfsmount_table": {"vfsmount_table"},
    "open_file_list": {"open_file_list"},
    "dma_buffers": {"dma_buffers"},
    "net_device_false_sharing": {"net_device"},
    "page_false_sharing": {"page_struct"},
    "inode_lists": {"inode_lists"},
    "dcache_lists": {"dcache_lists"},
    "inode_mutex_lseek": {"inode_mutex_lseek"},
    "superpage_locking": {"superpage_mutex"},
    "superpage_zeroing": set(),  # through the caches or past them: nobody else's memory
}
"""Objects of the account that cores of several packages share on a multikernel without a fix."""
KERNEL_CALLS = {
    "apache": [],
    "exim": ["workload.user_lines=0"],
    "memcached": [],
    "metis": ["workload.pages=2MB"],
    "micro/accept": [],
    "micro/open_close": [],
    "postgres": [],
}


def has(config: RunConfig, key: str) -> bool:
    """Whether a kernel's table has an object."""
    found: Any = config.kernel.objects
    for name in key.split("."):
        found = None if found is None else getattr(found, name)
    return found is not None


@pytest.mark.parametrize("kernel", ["barrelfish", "barrelfish_per_package"])
@pytest.mark.parametrize("workload", KERNEL_CALLS)
def test_without_a_fix_the_multikernel_shares_that_object_and_no_other(
    workload: str, kernel: str
) -> None:
    chosen = [f"workload={workload}", f"kernel={kernel}", *KERNEL_CALLS[workload]]
    site = open_site(compose(chosen).hardware, 12, "package")

    def program(*without: str) -> tuple[set[str], set[str]]:
        """Objects that a program uses, and those of them that packages share."""
        asm = build_program(compose([*chosen, *without]), site)
        return set(asm.objects), {crossing.object for crossing in found(asm, site.packages)}

    _, anyway = program()
    for fix, (of, _) in fixes().items():
        if is_a_users(fix):
            continue
        if not has(compose(chosen), of.key):  # neither kernel has such objects
            continue
        used, shared = program(f"kernel.fix.{fix}=false")
        expected = SHARED_WITHOUT.get(fix, set()) & used
        assert shared - anyway == expected and anyway <= shared, fix


@pytest.mark.parametrize("workload", ["memcached", "exim"])
def test_the_fix_of_an_object_that_a_workload_does_not_use_changes_nothing_on_islands(
    workload: str,
) -> None:
    chosen = [f"workload={workload}", "cores=[12]", *KERNEL_CALLS[workload]]
    config = compose([ISLANDS, *chosen])
    felt = felt_parts(config)

    unused = [
        name
        for name, (of, _) in fixes().items()
        if f"objects.{of.key}" not in felt and has(config, of.key)
    ]
    assert "superpage_zeroing" in unused
    off = [f"kernel.fix.{fix}=false" for fix in unused]
    assert run(*chosen, *off) == run(*chosen)
    used = next(n for n, (of, _) in fixes().items() if f"objects.{of.key}" in felt)
    with pytest.raises(RefusedError, match="opteron_8x6_islands keeps caches"):
        run(*chosen, f"kernel.fix.{used}=false")


def test_a_message_takes_one_trip_where_a_coherent_line_takes_two() -> None:
    latency = {}
    for machine in ("opteron_8x6", "opteron_8x6_islands"):
        chosen = [f"hardware={machine}", "workload=micro/urpc", "kernel=barrelfish", "cores=[48]"]
        config = compose([*ONCE, *chosen])
        latency[machine] = simulate(config).points[0]["latency_mean_cycles"]
        site = open_site(config.hardware, 48, "package")
        trip = int(site.distance.transfer[0, site.dies[47]])
    local = config.hardware.coherence.local_transfer_cycles
    saved = latency["opteron_8x6"] - latency["opteron_8x6_islands"]
    assert saved == pytest.approx(trip - local, abs=1)


def test_within_a_package_nothing_differs_from_the_coherent_machine() -> None:
    chosen = ["workload=exim", "kernel=linux_pk", "cores=[6]"]
    islands, coherent = run(*chosen), run(*chosen, "hardware=opteron_8x6")
    assert islands | {"hardware": ""} == coherent | {"hardware": ""}


# --- what is read off a program --------------------------------------------------------------


def found(asm: Assembler, packages: list[int]) -> list[Crossing]:
    return list(crossings(asm, packages))


def on_all_cores(body, packages: list[int]) -> Assembler:
    asm = new_program()
    emit = body(asm)
    for core in range(len(packages)):
        start(asm, core, emit)
    return asm


PRIVATE = {
    "one part per core": lambda asm: PerCoreCounter(asm, 4).acquire,
    "a lock per core": lambda asm: partial(TicketLock(asm, 4).acquire, index=isa.R_CORE),
    "no memory": lambda asm: lambda asm: asm.compute(10),
    "no lines in bulk": lambda asm: lambda asm: asm.emit(isa.BULK, value=0),
    "messages in bulk": lambda asm: lambda asm: asm.fetch_messages(3),
}
SHARED = {
    "a lock": (lambda asm: TicketLock(asm).acquire, "ticket_lock"),
    "a sloppy counter's centre": (lambda asm: SloppyCounter(asm, 4, 2).acquire, "central"),
    "a queue's node that memory names": (lambda asm: McsLock(asm, 4).acquire, "mcs_lock"),
    "a node handed on": (lambda asm: ClhLock(asm, 4).acquire, "clh_lock"),
    "lines in bulk": (lambda asm: lambda asm: asm.emit(isa.BULK, value=1), ""),
}


@pytest.mark.parametrize("kind", PRIVATE)
def test_what_belongs_to_a_core_is_not_shared(kind: str) -> None:
    assert found(on_all_cores(PRIVATE[kind], [0, 0, 1, 2]), [0, 0, 1, 2]) == []


@pytest.mark.parametrize("kind", SHARED)
def test_what_packages_share_is_named(kind: str) -> None:
    body, lines = SHARED[kind]
    first = found(on_all_cores(body, [0, 0, 1, 2]), [0, 0, 1, 2])[0]
    assert (first.object, first.packages) == ("test", 3)
    assert first.lines.startswith(lines)
    assert found(on_all_cores(body, [5, 5, 5, 5]), [5, 5, 5, 5]) == []


def test_a_spare_count_that_a_product_of_registers_names_belongs_to_its_core() -> None:
    def body(asm: Assembler):
        counter = SloppyCounter(asm, 2, 2, count=3)

        def emit(asm: Assembler) -> None:
            with asm.registers(1) as (index,):
                asm.emit(isa.SET, dst=index, value=2)
                counter.acquire(asm, index)

        return emit

    assert {c.lines for c in found(on_all_cores(body, [0, 1]), [0, 1])} == {"central"}


@pytest.mark.parametrize(("packages", "allowed"), [([0, 0, 0], 1), ([0, 1, 1], 1), ([0, 1, 2], 0)])
def test_a_channel_has_two_ends(packages: list[int], allowed: int) -> None:
    def body(asm: Assembler):
        channels = UrpcChannels(asm, message_costs(MESSAGING), [0])

        def emit(asm: Assembler) -> None:
            with asm.registers(1) as (number,):
                channels.send(asm, 0, Cursor(number))

        return emit

    assert (found(on_all_cores(body, packages), packages) == []) is bool(allowed)


def test_a_stream_of_messages_is_a_channel() -> None:
    asm = new_program()
    stream = UrpcStream(asm, MESSAGING, 8, 0)
    asm.thread(0, stream.emit_sender(asm))
    asm.thread(1, stream.emit_receiver(asm))
    assert found(asm, [0, 1]) == []


def test_code_that_no_thread_of_another_package_reaches_shares_nothing() -> None:
    asm = new_program()
    word, ended = asm.new_lines(), Label()
    for core, address in ((0, word), (1, word)):
        asm.thread(core, asm.place())
        if core:
            asm.jump(ended)
        asm.emit(isa.STORE, address=address)
        asm.place(ended if core else None)
        asm.emit(isa.HALT)
    assert found(asm, [0, 1]) == []
