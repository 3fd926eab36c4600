"""Imports run one way: workload -> kernel -> sync, machine -> program -> engine.

Those for type checking alone count, too: what a file's types come from, it depends on.
"""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GROUND = {"extensions", "settings"}
"""What knows nothing of a simulator: how settings are written, where a user's own files lie."""
MAY_IMPORT = {
    "engine": {"user_cache"},
    "program": {"engine"},
    "sync": {"engine", "program", "machine"},
    "machine": {"engine", "program"},
    "kernel": {"engine", "program", "sync", "machine"},
    "workload": {"engine", "program", "sync", "machine", "kernel"},
}
NOT_IN_THE_MODEL = {"hydra", "omegaconf", "snakemake", "polars", "seaborn", "matplotlib"}
FILES = [
    path.relative_to(ROOT) for layer in MAY_IMPORT for path in (ROOT / "sim" / layer).rglob("*.py")
]


def imported(path: Path) -> set[str]:
    """Modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(str(node.module))
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found - {"sim"} - {f"sim.{name}" for name in MAY_IMPORT}


def test_the_layers_are_there():
    assert len(FILES) > 30


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_layer_imports_only_the_layers_below_it(path):
    layer = path.parts[1]
    for module in imported(path):
        if module.startswith("sim.") and module != "sim":
            other = module.split(".")[1]
            allowed = {layer, *MAY_IMPORT[layer], *GROUND}
            assert other in allowed, f"{path} imports {module}"
        assert module.split(".")[0] not in NOT_IN_THE_MODEL, f"{path} imports {module}"
        assert module.split(".")[0] != "analysis", f"{path} imports {module}"


def test_no_folder_depends_on_one_that_depends_on_it_and_the_page_shows_how():
    drawn = subprocess.run(
        [sys.executable, "docs/hooks/block_diagram.py"], cwd=ROOT, capture_output=True, text=True
    )
    assert drawn.returncode == 0, drawn.stderr  # a CycleError names the folders
    assert f"```text\n{drawn.stdout}```" in (ROOT / "docs/background/architecture.md").read_text()


def test_the_users_cache_knows_nothing_of_what_it_keeps():
    for path in (ROOT / "sim/user_cache").rglob("*.py"):
        for module in imported(path.relative_to(ROOT)):
            if module.startswith("sim."):
                assert module.split(".")[1] in {"user_cache", "version"}, f"{path} imports {module}"


def test_analysis_never_imports_the_engine():
    for path in (ROOT / "analysis").rglob("*.py"):
        for module in imported(path.relative_to(ROOT)):
            layer = module.split(".")[1] if module.startswith("sim.") else ""
            if not module.startswith("sim.machine.settings"):
                assert layer not in {*MAY_IMPORT, "point", "rows", "simulate"}, (
                    f"{path} imports {module}"
                )


def test_nobody_imports_the_lab_but_its_verb():
    for package in ("sim", "analysis", "metrics", "views", "calibration", "corescale"):
        for path in (ROOT / package).rglob("*.py"):
            for module in imported(path.relative_to(ROOT)):
                if module.split(".")[0] == "lab":
                    assert path == ROOT / "corescale/verbs.py", f"{path} imports {module}"
                    assert module in ("lab.verbs", "lab.verbs.lab")


def test_the_lab_is_above_all_that_it_shows():
    allowed = {"sim", "analysis", "lab"}
    for path in (ROOT / "lab").rglob("*.py"):
        for module in imported(path.relative_to(ROOT)):
            top = module.split(".")[0]
            assert top in allowed or not (ROOT / top).is_dir(), f"{path} imports {module}"


def test_the_labs_page_never_loads_the_engine():
    """It runs in processes of its own: in the page's it would stop everything meanwhile."""
    program = (
        "import sys\nimport lab.server\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('numba', 'snakemake')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_verb_of_the_lab_takes_no_time_until_it_is_asked_for():
    program = (
        "import sys\nfrom corescale.verbs import program\n"
        "program.list_commands(None)\n"
        "assert program.get_command(None, 'lab')\n"
        "print([name for name in ('shiny', 'starlette', 'uvicorn', 'lab.server') "
        "if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_who_asks_the_fork_server_imports_little():
    """Each job of a workflow begins with a process that does."""
    heavy = ("ctypes", "subprocess", "secrets", "inspect", "pkgutil", "hashlib", "sim.version")
    program = (
        "import sys\nbefore = set(sys.modules)\n"
        "import sim.__main__, sim.fork_server\n"
        f"print([name for name in {heavy} if name in set(sys.modules) - before])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_numbers_of_the_model_do_not_know_a_kernel_or_a_figure_by_name():
    for path in FILES:
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = node.value
                if len(words) < 40:  # prose may name them, settings and names may not
                    assert "linux_pk" not in words and "linux_stock" not in words, path
                    assert "fig0" not in words, path


REGISTERED = ("metrics", "views")


def test_nothing_names_what_registers_itself():
    for package in ("sim", "analysis", "calibration", "corescale", "lab"):
        for path in (ROOT / package).rglob("*.py"):
            for module in imported(path.relative_to(ROOT)):
                top = module.split(".")[0]
                assert top not in REGISTERED, f"{path} imports {module}"
                assert (package, top) != ("sim", "analysis"), f"{path} imports {module}"


@pytest.mark.parametrize("package", REGISTERED)
def test_a_metric_or_view_is_one_class_in_one_file(package):
    kinds = importlib.import_module("sim.experiment.kinds")
    known = {"metrics": kinds.METRICS, "views": kinds.VIEWS}[package]
    files = sorted(path.stem for path in (ROOT / package).glob("*.py") if path.stem != "__init__")
    own = [kind for kind in known.values() if kind.__module__.split(".")[0] == package]
    assert sorted(kind.__module__.split(".")[1] for kind in own) == files
    assert all(kind.__module__.split(".")[1] == word for word, kind in known.items() if kind in own)
    assert all((kind.__doc__ or "").strip() for kind in known.values())


def test_an_experiments_file_is_checked_without_the_analysis():
    program = (
        "import sys\n"
        "from sim.experiment.plan import load_experiment\n"
        "for name in ('osdi10/fig03_summary', 'osdi10/fig04_exim', 'synthesis/growth'):\n"
        "    load_experiment(name)\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(ast.literal_eval(done.stdout))
    assert {"metrics", "views"} <= loaded
    assert not loaded & {"analysis", "matplotlib", "polars", "scipy", "seaborn"}
