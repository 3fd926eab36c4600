"""`completion`: what a shell reads to complete the words of `corescale`.

Verbs, groups, keys and choices all come from the schema and from the files' names, so a new
workload completes the moment that its file is there. Each shell gets a few lines that ask this
program for the candidates of one word; everything else is here, once for all shells. Libraries do
not fit: argcomplete and shtab read an argparse parser, which overrides have not, and Hydra's own
completion composes a configuration first, which takes seconds between two keys of the user.

A candidate is a whole word; one that is complete ends with a space.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sim.command.verbs import VERBS, Verb
from sim.config.errors import ConfigError, message, suggestion
from sim.config.files import CONF, choices, expanded
from sim.config.keys import (
    CHOICE_GROUPS,
    GROUPS,
    Key,
    all_keys,
    alternatives,
    keys,
    shape_of,
    workload_kinds,
)

WORDS = "words"
SHELLS = {
    "bash": """\
_corescale() {
    local line=${COMP_LINE:0:COMP_POINT} word start
    local -a words
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    word=${words[-1]}
    local IFS=$'\\n'
    COMPREPLY=($("${words[0]}" completion words -- "${words[@]:1}" 2>/dev/null))
    # Readline takes a = as the start of a word, and replaces what is behind it alone.
    if [[ $word == *=* && $COMP_WORDBREAKS == *=* ]]; then
        start=${word%"${word##*=}"}
        COMPREPLY=("${COMPREPLY[@]#"$start"}")
    fi
}
complete -o nospace -F _corescale corescale
""",
    "zsh": """\
_corescale() {
    local -a found
    found=("${(@f)$($words[1] completion words -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" \\
        2>/dev/null)}")
    compadd -- ${${(M)found:#* }% }
    compadd -S '' -- ${found:#* }
}
compdef _corescale corescale
""",
    "fish": """\
function __corescale
    set -l words (commandline -opc)
    set -l word (commandline -ct | string replace -r '^[\\\'"]' '')
    $words[1] completion words -- $words[2..-1] "$word" 2>/dev/null | string trim
end
complete -c corescale -f -a '(__corescale)'
""",
}


def run(arguments: Sequence[str]) -> None:
    """Print a shell's lines, or (`words -- WORD ...`, for those lines) the last word's candidates.

    What is typed so far may be wrong: then there are no candidates, and no error.
    """
    if arguments and arguments[0] == WORDS:
        words = list(arguments[2:] if arguments[1:2] == ["--"] else arguments[1:])
        try:
            found = candidates(words or [""])
        except (ConfigError, OSError, UnicodeError, yaml.YAMLError):
            return
        print("\n".join(found))
        return
    if len(arguments) != 1 or arguments[0] not in SHELLS:
        given = " ".join(arguments)
        what = f"no shell called '{given}'" if given else "the shell is missing"
        raise ConfigError(message(f"completion {given}".rstrip(), what, suggestion(given, SHELLS)))
    print(SHELLS[arguments[0]], end="")


def candidates(words: Sequence[str]) -> list[str]:
    """Complete the last of the words after the command's name; each candidate once."""
    return list(dict.fromkeys(_candidates(words)))


def _candidates(words: Sequence[str]) -> Iterator[str]:
    *before, word = words
    if not before:
        yield from matching(word, [*VERBS, "--help", "--version"])
        return
    verb = VERBS.get(before[0])
    if verb is None:
        return
    option = next((o for o in verb.options if before[-1] in o.names and o.value), None)
    name, equals, value = word.partition("=")
    if option is not None:
        yield from paths(word)
    elif word.startswith("-"):
        yield from matching(word, [n for o in verb.options for n in o.names] + ["--help"])
    elif equals:
        yield from (f"{name}={found}" for found in values(verb, name, value, before))
    else:
        yield from names(verb, word, before)


def names(verb: Verb, word: str, before: Sequence[str]) -> Iterator[str]:
    """Complete a word without `=`: what the verb takes, a selector, or a key up to its next dot."""
    if verb.takes == "shell":
        yield from matching(word, SHELLS)
    elif verb.takes == "group":
        yield from matching(word, [*CHOICE_GROUPS, "experiment", "paper"])
    elif verb.takes == "clear":
        yield from matching(word, ["clear"])
    elif verb.takes == "source":
        yield from matching(word, ["import"]) if len(before) == 1 else paths(word)
    elif verb.takes in ("overrides", "key"):
        if verb.takes == "overrides":
            yield from (f"{s.name}=" for s in verb.selectors if s.name.startswith(word))
            yield from (f"{group}=" for group in CHOICE_GROUPS if group.startswith(word))
        else:
            yield from matching(word, ["columns"])
        for key in known_keys(before):
            if key.name.startswith(word) and (verb.takes == "key" or not fixed(key.name)):
                step, dot, _ = key.name[len(word) :].partition(".")
                leaf = not dot and key.is_leaf
                yield word + step + (dot if dot else _end(verb, leaf))


def fixed(key: str) -> bool:
    """Whether a key follows from the choice of a group's file, and cannot be overridden."""
    parts = alternatives().values()
    named = key.count(".") == 1 and key.endswith(".name")
    return named or key in {f"{part.key}.{part.discriminator}" for part in parts}


def _end(verb: Verb, leaf: bool) -> str:
    """What follows a key: a value, further keys, or (for `describe`) nothing."""
    if verb.takes == "key":
        return " "
    return "=" if leaf else "."


def values(verb: Verb, name: str, value: str, before: Sequence[str]) -> Iterator[str]:
    """Complete what stands behind `name=`; after a comma, the next value of a sweep."""
    done, comma, last = value.rpartition(",")
    for found in _values(verb, name, last, before):
        yield f"{done}{comma}{found}"


def _values(verb: Verb, name: str, value: str, before: Sequence[str]) -> Iterable[str]:
    selector = next((s for s in verb.selectors if s.name == name), None)
    if selector is not None:
        if name == "experiment":
            return matching(value, choices("experiment", config_dirs(before)))
        if name == "curve":
            return matching(value, curves(before))
        return paths(value) if selector.value in ("PATH", "FILE") else []
    if name in CHOICE_GROUPS:
        return matching(value, choices(name, config_dirs(before)))
    key = next((key for key in known_keys(before) if key.name == name), None)
    return matching(value, [] if key is None else key.choices)


def matching(start: str, words: Iterable[str]) -> list[str]:
    """Keep the words that begin so, as complete ones."""
    return [f"{word} " for word in words if word.startswith(start)]


def paths(start: str) -> list[str]:
    """Complete the name of a file or folder."""
    folder, slash, name = start.rpartition("/")
    where = expanded(folder + slash or ".", start)
    found = sorted(path for path in where.iterdir() if path.name.startswith(name))
    return [
        f"{folder}{slash}{path.name}" + ("/" if path.is_dir() else " ")
        for path in found
        if name.startswith(".") or not path.name.startswith(".")
    ]


# --- what the words before say -------------------------------------------------------------


def config_dirs(before: Sequence[str]) -> list[Path]:
    """List the user's own folders that the line names."""
    given = [w.partition("=")[2] for w in before if w.startswith("--config-dir=")]
    given += [b for a, b in zip(before, before[1:], strict=False) if a == "--config-dir"]
    return [Path(folder) for folder in given]


def chosen(before: Sequence[str], name: str) -> str:
    """Read the last value of a word such as `kernel=` on the line; empty if there is none."""
    found = [word.partition("=")[2] for word in before if word.startswith(f"{name}=")]
    return found[-1] if found else ""


def curves(before: Sequence[str]) -> list[str]:
    """List the curves of the experiment that the line names."""
    path = choices("experiment", config_dirs(before)).get(chosen(before, "experiment"))
    return [] if path is None else [str(curve["id"]) for curve in content(path).get("curves", [])]


def known_keys(before: Sequence[str]) -> list[Key]:
    """List the keys that a run has with the line's choices; with an experiment, of every run."""
    folders = config_dirs(before)
    defaults = content(CONF / "config.yaml")["defaults"]
    picks = {
        group: name for item in defaults if isinstance(item, dict) for group, name in item.items()
    }
    picks |= {group: chosen(before, group) for group in GROUPS if chosen(before, group)}
    settings = {group: merged(group, str(name), folders) for group, name in picks.items()}
    found = keys(shape_of(settings))
    if not chosen(before, "experiment"):
        return list(found.values())
    other = [
        keys(tuple((dict(shape_of(settings)) | {"workload": kind}).items()))
        for kind in workload_kinds()
    ]
    every = {name: key for shape in other for name, key in shape.items()} | found
    return [every[name] for name in sorted(all_keys() & set(every))]


def merged(group: str, name: str, folders: Sequence[Path]) -> dict[str, Any]:
    """Read a choice with the choices of its group that it builds on, as far as kinds need it."""
    path = choices(group, folders).get(name)
    if path is None:
        return {}
    own = content(path)
    built_on = [item for item in own.get("defaults", []) if isinstance(item, str)]
    settings: dict[str, Any] = {}
    for item in built_on:
        other = item.partition("@")[0].removeprefix(f"/{group}/")
        if other not in ("_self_", name):
            settings |= merged(group, other, folders)
    return settings | own


@cache
def content(path: Path) -> dict[str, Any]:
    """Read a file of conf/ as plain YAML: its kinds and ids hold no interpolations."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = yaml.load(path.read_text(encoding="utf-8"), loader)
    return found if isinstance(found, dict) else {}
