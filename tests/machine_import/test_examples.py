"""The imported machines of conf/: made again to the byte, and as fast as they were measured."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import yaml

from sim.__main__ import main
from sim.command.verbs import machine as verbs
from sim.config.compose import compose
from sim.config.files import CONF
from sim.engine import isa
from sim.machine.coherence import distances
from sim.machine.settings.hardware import Hardware
from sim.machine.topology import active_dies
from sim.machine_import.agreement import agreement, modelled_ns
from sim.machine_import.imported import read
from sim.machine_import.latency_matrix import read_matrix
from sim.machine_import.request import Request
from sim.machine_import.unmeasured import reference_machine, unmeasured
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from tests.machines import new_program, operation, start, window
from tests.project_files import in_folder

HARDWARE = CONF / "hardware"
COMMAND = re.compile(r"^#   (python -m sim machine import .*)$", re.MULTILINE)
TABLE = CONF.parent / "docs" / "machines.md"
# Packages, dies in each, cores in each.
SHAPES = {
    "apple_m1_pro": (1, 2, 3),
    "core_i9_12900k": (1, 1, 16),
    "epyc_7742_2x64": (2, 16, 4),
    "graviton3": (1, 1, 64),
    "threadripper_3960x": (1, 8, 3),
    "xeon_2x10": (2, 1, 10),
    "xeon_4x12": (4, 1, 12),
    "xeon_gold_6242_2x16": (2, 1, 16),
    "xeon_phi_7210": (1, 32, 2),
    "xeon_x5650_2x6": (2, 1, 6),
}
# Mean error, relative: the measured spread that one number for each class leaves.
WITHIN = {
    "apple_m1_pro": 0.04,
    "core_i9_12900k": 0.12,
    "epyc_7742_2x64": 0.17,  # 4 % without the package whose lines went by the other one's home node
    "graviton3": 0.12,
    "threadripper_3960x": 0.08,
    "xeon_2x10": 0.01,
    "xeon_4x12": 0.01,
    "xeon_gold_6242_2x16": 0.04,
    "xeon_phi_7210": 0.04,
    "xeon_x5650_2x6": 0.02,
}


def command(name: str) -> list[str]:
    found = COMMAND.findall((HARDWARE / f"{name}.yaml").read_text())
    assert len(found) == 1
    return shlex.split(found[0])[3:]


def machine(name: str) -> Hardware:
    return Hardware(**yaml.safe_load((HARDWARE / f"{name}.yaml").read_text()))


def measured(name: str) -> np.ndarray:
    words = command(name)
    packages = int(words[words.index("--packages") + 1]) if "--packages" in words else None
    clock = float(words[words.index("--clock-ghz") + 1])
    request = Request(str(CONF.parent / words[2]), name, clock_ghz=clock, packages=packages)
    between = read(request, unmeasured(), reference_machine()).measured
    assert between is not None
    return between


def test_every_imported_machine_is_an_example() -> None:
    machines = in_folder("conf/hardware", ".yaml")
    imported = [path.stem for path in machines if COMMAND.search(path.read_text())]
    assert sorted(imported) == sorted(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_an_example_is_made_again_to_the_byte_by_the_command_that_it_names(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CONF.parent)
    target = tmp_path / f"{name}.yaml"
    assert main([*command(name), "-o", str(target)]) == 0
    assert target.read_bytes() == (HARDWARE / f"{name}.yaml").read_bytes()


@pytest.mark.parametrize("name", SHAPES)
def test_an_example_has_the_shape_of_the_real_machine(name: str) -> None:
    topology = compose([f"hardware={name}"]).hardware.topology
    shape = (topology.packages, topology.dies_per_package, topology.cores_per_die)
    assert shape == SHAPES[name]


@pytest.mark.parametrize("name", SHAPES)
def test_latencies_of_the_model_are_those_that_were_measured(name: str) -> None:
    fit = agreement(machine(name), measured(name))
    assert fit is not None
    assert fit.mean < WITHIN[name]
    (row,) = [line for line in TABLE.read_text().splitlines() if line.startswith(f"| `{name}` |")]
    assert f"{fit.mean:.1%}".replace("%", " %") in row
    assert f"| {fit.pairs} |" in row


def test_the_remote_half_of_the_epyc_is_all_that_is_wrong_with_it() -> None:
    of_model, of_machine = modelled_ns(machine("epyc_7742_2x64")), measured("epyc_7742_2x64")
    error = abs(of_model / of_machine - 1)
    die = np.arange(128) // 4
    by_way_of_home = (np.add.outer(np.arange(128), np.arange(128)) >= 0) & (
        (np.arange(128)[:, None] < 64) & (np.arange(128) < 64) & (die[:, None] != die)
    )
    assert np.nanmean(error[by_way_of_home]) > 0.45
    assert np.nanmean(error[~by_way_of_home]) < 0.05


@pytest.mark.parametrize("name", ["epyc_7742_2x64", "xeon_x5650_2x6"])
def test_a_message_in_the_engine_takes_as_long_as_the_table_says(name: str) -> None:
    """One core has the line; another executes a locked instruction on it."""
    hardware = machine(name)
    expected = modelled_ns(hardware)
    for other in {1, hardware.topology.cores_per_die, hardware.cores - 1}:
        dies = [active_dies(hardware.topology, hardware.cores, "package")[i] for i in (0, other)]
        cycles = message_cycles(dies, hardware)
        assert cycles / hardware.clock_ghz == pytest.approx(expected[0, other])


def message_cycles(dies: list[int], hardware: Hardware) -> int:
    asm = new_program()
    asm.new_lines()

    def add(asm: Assembler) -> None:
        asm.emit(isa.FETCH_ADD, address=0, value=1)

    def later(asm: Assembler) -> None:
        asm.compute(10_000)
        with operation(asm):
            add(asm)

    start(asm, 0, add, times=1)
    start(asm, 1, later, times=1)
    return int(run_program(asm, dies, distances(hardware, dies), window(1), 1).latencies[0])


def test_the_examples_of_the_help_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(CONF.parent)
    assert main(["machine", "import", "--help"]) == 0
    examples = capsys.readouterr().out.partition("\nExamples:\n")[2].splitlines()
    assert len(examples) == len(verbs.commands["import"].examples) == 3
    for line in examples:
        assert main(shlex.split(line)[3:]) == 0
        assert yaml.safe_load(capsys.readouterr().out)["coherence"]["protocol"] == "directory"


def test_hwlocs_description_and_latencies_of_one_machine_are_put_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(CONF.parent)
    source = Path(command("xeon_phi_7210")[2])
    synthetic = "pack:1 l2:32(size=1MiB) l1:2(size=32KiB) core:1 pu:1"
    words = ["import", synthetic, "--latencies", str(source), "--clock-ghz", "1.3"]
    assert main(["machine", *words, "--name", "phi"]) == 0
    made = yaml.safe_load(capsys.readouterr().out)
    alone = yaml.safe_load((HARDWARE / "xeon_phi_7210.yaml").read_text())
    assert made["topology"] == alone["topology"]
    assert made["coherence"] == alone["coherence"]
    assert made["caches"] == alone["caches"]
    assert made["sources"]["caches.l2.capacity_kib"]["where"].startswith(synthetic)
    assert np.isfinite(read_matrix(source, "phi").ns[0, 1])
