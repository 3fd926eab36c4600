"""pyproject.toml, the locks and environment.yml say the same, and name no package index."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import metadata, packages_distributions, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
BUILD_LOCK = ROOT / "requirements-build.lock"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")


def locked(path: Path) -> dict[str, str]:
    """Canonical name -> version of each entry of a lock."""
    matches = (PINNED.match(line) for line in path.read_text().splitlines())
    return {canonicalize_name(match[1]): match[2] for match in matches if match}


def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def conda() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text())


def required() -> list[str]:
    """Everything that pyproject.toml asks for: to run, to develop, to build."""
    project = pyproject()["project"]
    return [
        *project["dependencies"],
        *project["optional-dependencies"]["bench"],
        *project["optional-dependencies"]["dev"],
        *project["optional-dependencies"]["docs"],
        *project["optional-dependencies"]["lab"],
        *pyproject()["build-system"]["requires"],
    ]


@pytest.mark.parametrize("line", required())
def test_the_lock_satisfies_each_requirement(line):
    requirement = Requirement(line)
    pinned = locked(LOCK).get(canonicalize_name(requirement.name))
    assert pinned is not None, f"{line} is not in {LOCK.name}: run make lock"
    assert requirement.specifier.contains(pinned), f"{line}, but the lock has {pinned}"


@pytest.mark.parametrize("line", required())
def test_each_requirement_is_bounded_on_both_sides(line):
    operators = {specifier.operator for specifier in Requirement(line).specifier}
    assert operators & {">=", ">", "~=", "=="}, f"{line} has no lower bound"
    assert operators & {"<", "<=", "~=", "=="}, f"{line} has no upper bound"


def test_the_build_lock_is_the_back_end_and_agrees_with_the_lock():
    back_end = {
        canonicalize_name(Requirement(line).name)
        for line in pyproject()["build-system"]["requires"]
    }
    build = locked(BUILD_LOCK)
    assert back_end <= build.keys()
    assert build.items() <= locked(LOCK).items()


def test_environment_yml_has_the_same_packages_at_the_same_versions():
    (pip,) = [entry["pip"] for entry in conda()["dependencies"] if isinstance(entry, dict)]
    packages = dict(line.split("==") for line in pip)
    assert {canonicalize_name(name): pin for name, pin in packages.items()} == locked(LOCK)


def test_environment_yml_and_the_tools_use_the_oldest_supported_python():
    oldest = SpecifierSet(pyproject()["project"]["requires-python"])
    (line,) = [entry for entry in conda()["dependencies"] if str(entry).startswith("python=")]
    python = line.removeprefix("python=")
    assert oldest.contains(python)
    assert str(oldest) == f">={python}"
    assert pyproject()["tool"]["mypy"]["python_version"] == python
    assert pyproject()["tool"]["ruff"]["target-version"] == "py" + python.replace(".", "")


@pytest.mark.parametrize("lock", [LOCK, BUILD_LOCK], ids=lambda path: path.name)
def test_every_locked_package_has_a_hash(lock):
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", lock.read_text())[1:]
    assert len(entries) == len(locked(lock)) > 0
    unhashed = [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry]
    assert not unhashed


@pytest.mark.parametrize("package", sorted(locked(LOCK)))
def test_every_locked_package_runs_on_the_oldest_supported_python(package):
    # The first release of that Python: distributions ship it for years (Debian 12 has 3.11.2).
    oldest = pyproject()["project"]["requires-python"].removeprefix(">=") + ".0"
    needs = metadata(package)["Requires-Python"]
    assert SpecifierSet(needs or "").contains(oldest), f"{package} needs Python {needs}"


def test_source_distributions_are_locked_too():
    # Hydra's parser runtime is published in no other form.
    assert "antlr4-python3-runtime" in locked(LOCK)


def test_locks_hold_names_versions_and_hashes_and_no_address():
    for path in (LOCK, BUILD_LOCK, ROOT / "environment.yml"):
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            assert "://" not in line, f"{path.name}:{number} holds an address"
            assert not re.match(r"\s*(--(?!hash)|-[a-z] )", line), (
                f"{path.name}:{number} is an option"
            )


def project_files() -> list[Path]:
    """The files that git tracks or would track; what make left behind is not ours to judge."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a git checkout to tell the project's files from generated ones")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_package_index():
    # Written in two halves, so that this file is judged like all others.
    hosts = [
        "py" + "pi.org",
        "python" + "hosted.org",
        "ana" + "conda.org",
        "conda." + "ana" + "conda",
    ]
    options = [
        "--" + "index-url",
        "--" + "extra-index-url",
        "--" + "find-links",
        "--" + "trusted-host",
    ]
    forbidden = re.compile("|".join(map(re.escape, hosts + options)).encode())
    guilty = [
        str(path.relative_to(ROOT))
        for path in project_files()
        if forbidden.search(path.read_bytes())
    ]
    assert not guilty


def imported_from(package: Path) -> set[str]:
    """The top-level modules that the sources below a folder import."""
    modules = set()
    for source in package.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
    return modules


def test_every_import_of_the_code_is_a_declared_dependency():
    declared = {
        canonicalize_name(Requirement(line).name) for line in pyproject()["project"]["dependencies"]
    }
    ours = {"sim", "analysis", "metrics", "views"}
    outside = set().union(*(imported_from(ROOT / name) for name in ours))
    outside -= set(sys.stdlib_module_names)
    distributions = packages_distributions()
    undeclared = {
        module
        for module in outside - ours
        if not declared & {canonicalize_name(name) for name in distributions.get(module, [])}
    }
    assert not undeclared


def test_every_import_of_the_lab_is_a_dependency_of_all_or_of_the_lab():
    project = pyproject()["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["lab"]]
    declared = {canonicalize_name(Requirement(line).name) for line in lines}
    outside = imported_from(ROOT / "lab") - set(sys.stdlib_module_names)
    outside -= {"sim", "analysis", "lab"}
    distributions = packages_distributions()
    undeclared = {
        module
        for module in outside
        if not declared & {canonicalize_name(name) for name in distributions.get(module, [])}
    }
    assert outside
    assert not undeclared


def test_this_environment_is_the_locked_one():
    differing = {
        name: pin for name, pin in locked(LOCK).items() if Version(version(name)) != Version(pin)
    }
    assert not differing, "not what the lock says: run make setup"
