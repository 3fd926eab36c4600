"""Whatever is given to `machine import`, it says what is wrong at once and writes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from sim.__main__ import main
from sim.config.errors import ConfigError
from sim.config.files import CONF
from sim.machine_import import text
from sim.machine_import.described import describe
from sim.machine_import.hwloc_synthetic import read_synthetic
from sim.machine_import.hwloc_xml import read_hwloc_xml
from sim.machine_import.latency_matrix import read_matrix

DATA = Path(__file__).parent / "data"
V2 = (DATA / "v2.xml").read_text()
BOMB = '<!DOCTYPE t [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><topology>&b;</topology>'
READS = '<!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/passwd">]><topology>&a;</topology>'
PARAMETER = '<!DOCTYPE t [<!ENTITY % a SYSTEM "http://x/y">%a;]><topology/>'
CPU = '<object type="PU" os_index="{}"/>'
PAIR = ",\n30,\n"

FILES = {
    "m.csv": [
        ("", "0 rows"),
        ("1\n", "1 rows"),
        (",\nfast,\n", "row 2, column 1: 'fast' is not a number"),
        (",\n-3,\n", "'-3' ns is out of range"),
        (",\n0,\n", "only 0% of all pairs of CPUs were measured"),
        (",\ninf,\n", "'inf' ns is out of range"),
        (",\n1e9,\n", "'1e9' ns is out of range"),
        (",,\n1,,\n", "row 1: 3 values, expected 2 (the file has 2 rows)"),
        (",\n1,\n1,\n1,\n", "row 1: 2 values, expected 4"),
        (",,,\n1,,,\n1,1,,\n,,\n", "row 4: 3 values, expected 4"),
        ("0,9,9,9\n9,9,9\n9,9,0,9\n9,9,9,0\n", "row 2: 3 values, expected 4"),
        ("9,9,9\n9,0,9,9\n9,9,0,9\n9,9,9,0\n", "row 1: 3 values, expected 4"),
        ("0\n9,0\n9\n9,9,9,0\n", "row 3: 1 value, expected 3"),
        (",10,10\n90,,10\n90,90,\n", "not symmetric"),
        (",,\n,,\n,9,\n", "only 33% of all pairs"),
        (",\n\x00,\n", "'_' is not a number"),
        ("{{,\n1,2\n" * 2, "row 1: 2 values, expected 4"),
        ("\n".join([",".join(["1"] * 1025)] * 1025), "1025 rows"),
    ],
    "m.xml": [
        ("", "not well-formed XML: no element found"),
        ("hello", "line 1: not well-formed XML"),
        (V2[: len(V2) // 2], "not well-formed XML"),
        (BOMB, "declares an entity, 'a'"),
        (READS, "declares an entity, 'a'"),
        (PARAMETER, "declares an entity, 'a'"),
        ("<svg/>", "the root element is 'svg'"),
        ("<topology/>", "no topology of hwloc"),
        ('<topology><object type="Machine"/></topology>', "describes no CPUs"),
        ("<topology>" + CPU.format("x") + "</topology>", "'x' is not a whole number"),
        ("<topology>" + CPU.format("-1") + "</topology>", "'-1' is not a whole number"),
        ("<topology>" + "<object>" * 200, "more than 100 elements deep"),
        (
            '<topology><object type="Machine">' + CPU.format(3) * 2 + "</object></topology>",
            "CPU 3 stands twice",
        ),
    ],
}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [(name, content, said) for name, cases in FILES.items() for content, said in cases],
    ids=lambda value: str(value)[:24].encode("ascii", "replace").decode().replace("\x00", "?"),
)
def test_a_bad_file_gives_one_message_and_no_file(
    name: str, content: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(content)
    target = tmp_path / "out.yaml"
    assert main(["machine", "import", str(tmp_path / name), "-o", str(target)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert name in printed.err.splitlines()[0]
    assert "Traceback" not in printed.err
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "import"),
        (["imprt", "x.csv"], "did you mean import?"),
        (["import"], "SOURCE is missing"),
        (["import", "x.csv", "--clok-ghz", "3"], "--clok-ghz"),
        (["import", "nowhere.csv"], "nowhere.csv: no such file"),
        (["import", "nowhere.txt"], "no source of a machine"),
        (["import", "/"], "no source of a machine"),
        (["import", "a\x00b"], "no source of a machine"),
        (["import", "a\x00b.csv"], "a_b.csv: "),
        (["import", "pack:2 croe:4 pu:1"], "did you mean core?"),
        (["import", "pack:2 core:4"], "the last word must say how many PUs"),
        (["import", "pack:2 core pu:1"], "'core' is not TYPE:NUMBER"),
        (["import", "pack:0 pu:1"], "0 objects of type package"),
        (["import", "pack:99999 core:99999 pu:1"], "allowed: 1 to"),
        (["import", "core:2 pu:1", "--clock-ghz", "0"], "--clock-ghz 0: not a clock"),
        (["import", "core:2 pu:1", "--clock-ghz", "nan"], "--clock-ghz nan: not a clock"),
        (["import", "core:2 pu:1", "--caches", "1,2"], "--caches 1,2: not three sizes"),
        (["import", "core:2 pu:1", "--caches", "0,0,0"], "0 is out of range"),
        (["import", "core:2 pu:1", "--packages", "2"], "hwloc's description says how many"),
        (["import", "core:2 pu:1", "--name", "../x"], "cannot be a machine's name"),
        (["import", "core:2 pu:1", "--name", "a; rm -rf ~"], "cannot be a machine's name"),
        (["import", "core:2 pu:1", "--name", "$(id)"], "cannot be a machine's name"),
        (["import", "core:2 pu:1", "--name", ""], "cannot be a machine's name"),
        (["import", "core:2 pu:1", "--name", "x" * 65], "cannot be a machine's name"),
        (["import", "core:2 pu:1", "--force"], "--force: goes with -o"),
        (["import", "core:2 pu:1", "-o", "x.yml"], "not the name of a YAML file"),
        (["import", "core:2 pu:1", "-o", "a b.yaml"], "cannot be a machine's name"),
        (["import", "core:2 pu:1", "-o", "/dev/null/x.yaml"], "/dev/null"),
        (["import", "core:2 pu:1", "--latencies", "nowhere.csv"], "nowhere.csv: no such file"),
    ],
    ids=str,
)
def test_a_bad_request_gives_one_message_and_no_file(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["machine", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert "Traceback" not in printed.err
    assert list(tmp_path.iterdir()) == []


def test_more_dies_than_the_model_has_are_refused_by_the_schema(capsys) -> None:
    assert main(["machine", "import", "pack:1 l3:65 core:2 pu:1"]) == 2
    assert "topology.dies_per_package: 65 is out of range" in capsys.readouterr().err


def test_a_file_larger_than_any_description_is_not_read(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(text, "LARGEST_BYTES", 1000)
    file = tmp_path / "large.csv"
    file.write_text("1," * 1000)
    with pytest.raises(ConfigError, match="too large"):
        read_matrix(file, "large.csv")


def test_a_file_is_replaced_only_by_force(tmp_path: Path, capsys) -> None:
    target = tmp_path / "mine.yaml"
    target.write_text("precious")
    request = ["machine", "import", "pack:2 core:4 pu:2", "-o", str(target)]
    assert main(request) == 2
    assert "the file exists" in capsys.readouterr().err
    assert target.read_text() == "precious"
    assert main([*request, "--force"]) == 0
    assert yaml.safe_load(target.read_text())["name"] == "mine"
    assert list(tmp_path.iterdir()) == [target]


def test_a_write_that_fails_leaves_no_file(tmp_path: Path, monkeypatch, capsys) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sim.drafts.os.replace", refuse)
    request = ["machine", "import", "pack:2 core:4 pu:2", "-o", str(tmp_path / "mine.yaml")]
    assert main(request) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["${oc.env:HOME}.csv", "a'b\"c#: {d}.csv", "e\nname: f.csv"])
def test_a_files_name_means_nothing_to_yaml_or_hydra(name: str, tmp_path: Path, capsys) -> None:
    (tmp_path / name).write_text(PAIR)
    assert main(["machine", "import", str(tmp_path / name), "--name", "mine"]) == 0
    printed = capsys.readouterr().out
    # The command that repeats the import stands in a comment, and names the file as it is.
    assert "${" not in re.sub("(?m)^#.*$", "", printed)
    assert OmegaConf.to_container(OmegaConf.create(printed), resolve=True)["name"] == "mine"
    assert yaml.safe_load(printed)["name"] == "mine"
    assert set(yaml.safe_load(printed)) == set(yaml.safe_load(_example()))


def _example() -> str:
    return (CONF / "hardware" / "opteron_8x6.yaml").read_text()


def test_latencies_of_other_cpus_than_the_description_has_are_refused(
    tmp_path: Path, capsys
) -> None:
    few, swapped = tmp_path / "few.csv", tmp_path / "swapped.csv"
    few.write_text(PAIR)
    # Threads 0 and 2 share a core here, 0 and 1 in hwloc's synthetic description.
    swapped.write_text(",,,\n40,,,\n8,40,,\n40,8,40,\n")
    machine = ["machine", "import", "pack:1 core:2 pu:2", "--latencies"]
    assert main([*machine, str(few)]) == 2
    assert "2 CPUs, but the machine has 4" in capsys.readouterr().err
    assert main([*machine, str(swapped)]) == 2
    assert "other CPU numbers than hwloc's?" in capsys.readouterr().err


@given(content=st.text(alphabet="0123456789.,-e \nna\t\"'x", max_size=60))
def test_any_text_is_a_matrix_or_one_error(content: str, tmp_path_factory) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_text(content)
    try:
        matrix = read_matrix(file, "any.csv").ns
    except ConfigError as error:
        assert str(error).startswith("any.csv")
    else:
        assert matrix.shape[0] == matrix.shape[1] >= 2


@given(content=st.text(max_size=60))
def test_any_text_is_a_description_or_one_error(content: str) -> None:
    try:
        layout = describe(read_synthetic(content, "it")).layout
    except ConfigError as error:
        assert str(error).startswith("it: ")
    else:
        assert len(layout.cores) >= 1


@given(at=st.integers(0, len(V2) - 1), put=st.sampled_from(["", "<", '"', "&", "\x01", "9" * 40]))
def test_a_damaged_file_is_read_or_one_error(at: int, put: str, tmp_path_factory) -> None:
    file = tmp_path_factory.getbasetemp() / "damaged.xml"
    file.write_text(V2[:at] + put + V2[at + 1 :])
    try:
        layout = describe(read_hwloc_xml(file, "damaged.xml")).layout
    except ConfigError as error:
        assert str(error).startswith("damaged.xml")
    else:
        assert len(layout.cores) >= 1


@pytest.mark.parametrize("place", ["kernel", "", "hardware/sub"])
def test_a_machine_is_not_written_among_settings_of_another_kind(
    place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(CONF)
    target = Path(place) / "not_a_machine.yaml"
    try:
        assert main(["machine", "import", "pack:1 core:2 pu:1", "-o", str(target)]) == 2
        assert not target.exists()
    finally:
        target.unlink(missing_ok=True)
    error = capsys.readouterr().err
    assert f"-o {target}: conf/" in error and "is no place for a machine" in error
    assert "allowed: conf/hardware/, or a folder outside conf/" in error
