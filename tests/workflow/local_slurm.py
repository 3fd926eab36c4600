"""A Slurm cluster of two nodes on this machine: real daemons, in a folder and on ports of its own.

Nothing outside the folder is touched, and no privileges are needed: daemons, jobs and keys belong
to whoever runs the tests.
"""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

NODES = ("n1", "n2")
DAEMONS = ("munged", "slurmctld", "slurmd")
PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
CONFIGURATION = """\
ClusterName=local
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SlurmdParameters=config_overrides
SlurmdTimeout=10
JobRequeue={requeue}
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={n1} CPUs=1 RealMemory=4000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={n2} CPUs=1 RealMemory=4000
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Name the first program that a cluster needs and this machine lacks, or nothing."""
    return next((name for name in DAEMONS if shutil.which(name, path=PLACES) is None), "")


class LocalSlurm:
    """Two nodes of one core each, from `with` to its end.

    `requeue` says whether Slurm itself starts the jobs of a lost node again (JobRequeue).
    """

    def __init__(self, requeue: bool) -> None:
        self._requeue = requeue
        self._folder = Path()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._nodes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def environment(self) -> dict[str, str]:
        """Environment in which Slurm's commands mean this cluster."""
        return os.environ | {
            "SLURM_CONF": str(self._folder / "slurm.conf"),
            "PATH": os.pathsep.join([str(self._folder / "bin"), PLACES]),
        }

    def __enter__(self) -> LocalSlurm:
        # A socket's path may have a hundred characters, and those of pytest have more.
        self._folder = Path(tempfile.mkdtemp(prefix="corescale-slurm-", dir="/tmp"))
        try:
            self._configure()
            self._start("munged", *self._munge_options())
            wait_until((self._folder / "munge").exists, "munged did not start")
            self._start("slurmctld", "-D")
            for node in NODES:
                self._nodes[node] = self._start("slurmd", "-D", "-N", node)
            wait_until(lambda: self.states() == dict.fromkeys(NODES, "idle"), "no idle nodes")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number in self._members():
            _kill(number)
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def states(self) -> dict[str, str]:
        """State of each node, in Slurm's words."""
        lines = self._ask("sinfo", "--noheader", "--Node", "--format=%N %t").split("\n")
        return dict(line.split() for line in lines if line)

    def ends(self) -> set[str]:
        """How the jobs of this cluster have ended, in Slurm's words."""
        lines = self._ask("squeue", "--noheader", "--states=all", "--format=%T").split("\n")
        return {line.strip() for line in lines if line}

    def busy_node(self, command: str) -> str | None:
        """Name a node on which a process with this command line runs."""
        for number, variables in self._members().items():
            node = variables.get("SLURMD_NODENAME")
            if node in NODES and command in _command(number):
                return node
        return None

    def kill_daemon(self, node: str) -> None:
        """Kill a node's slurmd; what runs on the node runs on, and nobody hears of it."""
        self._nodes[node].kill()
        self._nodes[node].wait()

    def kill_node(self, node: str) -> None:
        """Kill everything that runs on a node, as losing its power would."""
        self.kill_daemon(node)
        jobs = [
            number
            for number, variables in self._members().items()
            if variables.get("SLURMD_NODENAME") == node
        ]
        # Those that watch the jobs first: they would still report how they ended.
        watching = {parent for parent in map(_parent, jobs) if "slurmstepd" in _command(parent)}
        for number in [*watching, *jobs]:
            _kill(number)

    def _configure(self) -> None:
        ports = dict(zip(("controller", *NODES), free_ports(3), strict=True))
        text = CONFIGURATION.format(
            host=socket.gethostname().partition(".")[0],
            user=getpass.getuser(),
            folder=self._folder,
            requeue=int(self._requeue),
            **ports,
        )
        (self._folder / "slurm.conf").write_text(text)
        (self._folder / "state").mkdir()
        for node in NODES:
            (self._folder / f"spool-{node}").mkdir()
        key = self._folder / "key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        # The executor removes SLURM_CONF before it calls srun, which then reads /etc/slurm.
        command = self._folder / "bin" / "srun"
        command.parent.mkdir()
        srun = shutil.which("srun", path=PLACES)
        command.write_text(
            f'#!/bin/sh\nSLURM_CONF={self._folder}/slurm.conf exec {srun} "$@"\n', encoding="utf-8"
        )
        command.chmod(0o755)

    def _munge_options(self) -> list[str]:
        names = {"socket": "munge", "key-file": "key", "seed-file": "seed"}
        logs = {"pid-file": "munge.pid", "log-file": "munge.log"}
        files = [f"--{option}={self._folder / name}" for option, name in (names | logs).items()]
        return ["--force", "--foreground", *files]

    def _start(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        program = shutil.which(name, path=PLACES)
        assert program is not None
        with (self._folder / f"{name}.out").open("ab") as log:
            process = subprocess.Popen(
                [program, *options],
                env=self.environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _ask(self, *command: str) -> str:
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.stdout

    def _members(self) -> dict[int, dict[str, str]]:
        """Processes of this cluster, and of no other, with their environment."""
        found = {}
        for place in Path("/proc").iterdir():
            if not place.name.isdigit() or int(place.name) == os.getpid():
                continue
            try:
                variables = (place / "environ").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if any(str(self._folder) in item for item in variables):
                found[int(place.name)] = dict(v.split("=", 1) for v in variables if "=" in v)
        return found


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on, each once."""
    listeners = [socket.socket() for _ in range(count)]
    try:
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()


def wait_until(condition: Callable[[], object], otherwise: str, seconds: float = 60.0) -> None:
    """Wait for a condition that comes true soon."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, otherwise
        time.sleep(0.1)


def _command(number: int) -> str:
    """Command line of a process, empty where it has ended."""
    try:
        line = Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return ""
    return line.replace(b"\0", b" ").decode(errors="replace")


def _parent(number: int) -> int:
    """Process that started another one, 0 where that has ended."""
    try:
        status = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0
    return int(status.rpartition(")")[2].split()[1])


def _kill(number: int) -> None:
    try:
        os.kill(number, signal.SIGKILL)
    except ProcessLookupError:
        return
