"""Command lines of gongkai in documents and packaging: parsed as the program would, without running anything."""

from collections.abc import Iterator, Sequence
from typing import Any

import typer

import gongkai

GLOBAL = "gongkai"
"""Stands for the options before the command."""


def commands() -> dict[str, Any]:
    """The program's commands by name."""
    found: dict[str, Any] = typer.main.get_command(gongkai.app).commands  # type: ignore[attr-defined]
    return found


def parse(words: Sequence[str]) -> str:
    """The command that the words (without ``gongkai``) name; AssertionError where the program would refuse them."""
    group: Any = typer.main.get_command(gongkai.app)
    words = list(words)
    outer = group.make_context("gongkai", list(words), resilient_parsing=True)
    left = [*outer._protected_args, *outer.args]
    if "--help" in words and not left:
        return GLOBAL
    assert left, f"gongkai {' '.join(words)}: names no command"
    name: str = left[0]
    arguments = left[1:]
    assert name in group.commands, f"gongkai {name}: is no command"
    for word in words[: words.index(name)]:
        assert not word.startswith("-") or word.split("=")[0] in set(options(group)), f"gongkai {word}: is no option"
    if "--help" in arguments:
        return name
    command = group.commands[name]
    try:
        command.make_context(name, arguments, parent=outer)
    except Exception as error:
        raise AssertionError(f"gongkai {' '.join(words)}: {type(error).__name__}: {error}") from error
    return name


def options(command: Any) -> Iterator[str]:
    """``--name``, and ``--no-name`` where it says something that leaving the option out does not."""
    for parameter in command.params:
        if parameter.param_type_name != "option":
            continue
        yield from parameter.opts
        if parameter.default is True:
            yield from parameter.secondary_opts


def argument_names(command: Any) -> Iterator[str]:
    """Names of the arguments as the help shows them."""
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            yield (parameter.metavar or parameter.name).upper()


def global_options() -> Iterator[str]:
    """The options before the command."""
    return options(typer.main.get_command(gongkai.app))
