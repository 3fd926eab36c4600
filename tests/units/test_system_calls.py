"""A list of system calls is the program that one would write by hand, on every kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.run import RunConfig
from sim.engine import isa
from sim.kernel.system_calls import SystemCalls
from sim.lowering import build_program
from sim.machine.site import open_site
from sim.program.assembler import Assembler
from sim.workload.calls import CALLS, call
from tests.documentation.blocks import ROOT

MODERN = "kernel=linux_6_12"


def listed(calls: str, *overrides: str) -> RunConfig:
    return compose(["workload=micro/mail_store", f"workload.calls=[{calls}]", *overrides])


def program(config: RunConfig, cores: int = 8) -> Assembler:
    return build_program(config, open_site(config.hardware, cores, "package"))


def does(config: RunConfig) -> list[tuple[int, ...]]:
    """What a program does, whatever it is charged to."""
    return [
        (one.op, one.dst, one.index, one.source, one.address, one.value, one.resolved)
        for one in program(config).instructions
    ]


def drawn(config: RunConfig, mode: int) -> list[int]:
    """Means of the work that a program draws, in one mode."""
    return [
        one.value
        for one in program(config).instructions
        if one.op == isa.COMPUTE_DRAWN and one.mode == mode
    ]


@pytest.mark.parametrize(
    ("calls", "by_hand"),
    [
        ("{call: open_and_close_file}", "open1"),
        ("{call: duplicate_and_close}", "dup1"),
        ("{call: create_and_join_thread}", "thread_create"),
        ("{call: map_memory},{call: touch_page},{call: unmap_touched_memory}", "malloc1"),
    ],
)
@pytest.mark.parametrize("tasks", ["threads", "processes"])
def test_a_list_is_the_program_that_one_writes_by_hand(
    calls: str, by_hand: str, tasks: str
) -> None:
    shared = f"workload.tasks={tasks}"
    written = compose([f"workload=scale/{by_hand}", MODERN, shared])
    assert does(listed(calls, MODERN, shared)) == does(written)


def test_each_time_has_its_own_work_in_cycles_of_the_machine_that_was_measured() -> None:
    step = "{call: look_up_path, user_us: 2, system_us: 1.5}"
    here = listed(step, "kernel=linux_pk")
    clock = here.hardware.clock_ghz
    assert drawn(here, isa.USER) == [round(2000 * clock)]
    assert drawn(here, isa.SYSTEM) == [round(1500 * clock)]
    elsewhere = listed(step, "kernel=linux_pk", "workload.measured_at_ghz=1.0")
    site = open_site(elsewhere.hardware, 8, "package", elsewhere.workload.work_ghz)
    written = build_program(elsewhere, site).instructions
    assert [one.value for one in written if one.op == isa.COMPUTE_DRAWN] == [2000, 1500]


def test_a_step_of_three_times_is_a_loop_round_the_same_instructions() -> None:
    once, thrice = (
        listed(f"{{call: look_up_path, user_us: 2, times: {n}}}", "kernel=linux_pk") for n in (1, 3)
    )
    body, loop = (
        [one for one in program(config).instructions if one.op not in (isa.BEGIN, isa.END)]
        for config in (once, thrice)
    )
    assert (loop[0].op, loop[0].value) == (isa.SET, 3)
    assert [one.op for one in loop[1:-3]] == [one.op for one in body[:-1]]


KERNELS = ["linux_stock", "linux_pk", "linux_6_12", "barrelfish"]


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_example_lowers_through_four_kernels(kernel: str) -> None:
    charged = set(program(compose(["workload=micro/mail_store", f"kernel={kernel}"])).objects)
    assert {"application", "vfsmount_table", "shared_file", "page_fault"} <= charged


@pytest.mark.parametrize("name", CALLS)
def test_every_call_does_something_on_a_kernel_of_today(name: str) -> None:
    frame = [isa.BEGIN, isa.END, isa.JUMP]
    assert [one.op for one in program(listed("{user_us: 1}", MODERN)).instructions] == [
        *(isa.BEGIN, isa.COMPUTE_DRAWN, isa.END, isa.JUMP),
    ]
    inside = program(listed(f"{{call: {name}}}", MODERN)).instructions
    assert len(inside) > len(frame)
    assert CALLS[name].__doc__


def test_a_kernel_without_an_object_refuses_the_list() -> None:
    with pytest.raises(ValueError, match=r"windows_2008r2 has no objects\.vfsmount_table"):
        program(compose(["workload=micro/mail_store", "kernel=windows_2008r2"]))


WRONG = {
    "{call: look_up_pth}": "did you mean look_up_path?",
    "{call: stat, tmes: 2}": "did you mean times?",
    "{call: stat, times: 0}": "0 is out of range\n  allowed: integer, 1 to ",
    "{call: stat, user_us: -1}": "-1 is out of range",
    "{times: 2}": "the step does nothing",
    "{user_us: 1, system_us: 2}": "system time without a call",
}


@pytest.mark.parametrize("calls", WRONG)
def test_a_mistake_in_a_list_is_named(calls: str) -> None:
    with pytest.raises(ConfigError) as raised:
        listed(calls, MODERN)
    assert WRONG[calls] in str(raised.value)
    assert str(raised.value).startswith(f"workload.calls=[{calls}]: ")


def test_a_list_of_numbers_needs_a_source(tmp_path: Path) -> None:
    text = (ROOT / "docs/examples/system_calls/unpack.yaml").read_text()
    texts = {
        "right": text,
        "unsourced": text.replace("  calls: {kind", "  tasks: {kind"),
        "misspelt": text.replace("touch_page,", "touch_pgae,"),
    }
    for name, written in texts.items():
        (tmp_path / name / "workload/mine").mkdir(parents=True)
        (tmp_path / name / "workload/mine/unpack.yaml").write_text(written)
    assert len(text.splitlines()) == 15
    compose(["workload=mine/unpack"], [tmp_path / "right"])
    with pytest.raises(ConfigError, match=r"unpack\.yaml: calls: the number has no source"):
        compose(["workload=mine/unpack"], [tmp_path / "unsourced"])
    with pytest.raises(ConfigError, match=r"unpack\.yaml: calls\[3\]\.call: 'touch_pgae' is not"):
        compose(["workload=mine/unpack"], [tmp_path / "misspelt"])


def test_no_two_calls_have_one_name() -> None:
    def stat(calls: SystemCalls, asm: Assembler) -> None:
        """Another one."""

    with pytest.raises(ValueError, match="'stat' is already in"):
        call(stat)
