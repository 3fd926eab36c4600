"""A test that needs a tool says so where the tool is missing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
EXAMPLE = """
import pytest

@pytest.mark.{marker}
def test_with_a_tool():
    pass
"""


@pytest.mark.parametrize("marker", ["browser", "compiler", "cluster"])
@pytest.mark.parametrize("present", [False, True], ids=["missing", "present"])
def test_a_marked_test_skips_with_a_printed_reason_where_its_tool_is_missing(
    tmp_path, marker, present
):
    command = {"browser": "chromium", "compiler": "c++", "cluster": "sbatch"}[marker]
    shutil.copy(CONFTEST, tmp_path / "conftest.py")
    (tmp_path / "test_example.py").write_text(EXAMPLE.format(marker=marker))
    tools = tmp_path / "bin"
    tools.mkdir()
    if present:
        (tools / command).write_text("#!/bin/sh\n")
        (tools / command).chmod(0o755)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-q", "-p", "no:cacheprovider", "test_example.py"],
        cwd=tmp_path,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    if present:
        assert "1 passed" in run.stdout
    else:
        assert "1 skipped" in run.stdout
        assert f"needs a {marker}: none of " in run.stdout
    assert run.returncode == 0
