"""`new`: a folder of one's own, with a workflow, a kernel, a workload, an experiment, a reference.

It is a copy of `docs/examples/project`, made whole or not at all.
"""

from __future__ import annotations

import os
import shutil
import sys

from sim import interruption
from sim.config.errors import ConfigError, FileError, message
from sim.config.files import CONF, expanded
from sim.drafts import PREFIX, SUFFIX

TEMPLATE = CONF.parent / "docs/examples/project"


def run(word: str) -> None:
    """Write a new project into a folder that does not exist, and say on stderr what to do in it.

    Raises:
        ConfigError: the folder is there already, or cannot be named.
        FileError: it cannot be written.
    """
    folder = expanded(word, f"new {word}")
    if folder.exists() or folder.is_symlink():
        raise ConfigError(message(f"new {word}", "is there already", "give a name that is free"))
    draft = folder.absolute().parent / f"{PREFIX}{folder.name}{SUFFIX}"
    try:
        with interruption.undone():
            try:
                shutil.copytree(TEMPLATE, draft)
                os.rename(draft, folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        reason = error.strerror or error
        raise FileError(message(f"new {word}", f"cannot be written: {reason}")) from None
    print(f"note: in {word}: snakemake --cores all", file=sys.stderr)
