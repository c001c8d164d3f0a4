"""What a text on the command line stands for."""

from __future__ import annotations

import argparse
import math
import re


def code(text: str) -> str:
    """A diagnostic's code.

    >>> code("PG214")
    'PG214'
    """
    if not re.fullmatch(r"PG\d{3}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a code like PG214")
    return text


def option(text: str) -> tuple[str | None, str, str]:
    """A choice for a target: (target or None, name, value).

    >>> option("kfp.image=python:3.12"), option("image=x.y")
    (('kfp', 'image', 'python:3.12'), (None, 'image', 'x.y'))
    """
    key, equals, value = text.partition("=")
    target, dot, name = key.rpartition(".")
    if not equals or not name or (dot and not target):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE or TARGET.NAME=VALUE")
    return target or None, name, value


def variable(text: str) -> tuple[str, str]:
    """An environment variable: its name and value.

    >>> variable("DATA=/mnt/data=1")
    ('DATA', '/mnt/data=1')
    """
    name, equals, value = text.partition("=")
    if not equals or not name or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def seconds(text: str) -> float:
    """A time above zero.

    >>> seconds("1.5")
    1.5
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def duration(text: str) -> float:
    """A time above zero, as steps declare theirs, in seconds.

    >>> duration("2h"), duration("90")
    (7200.0, 90.0)
    """
    from pipeglot.author.policies import seconds as declared

    try:
        return seconds(text if text.isdecimal() else str(declared(text)))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def share(text: str) -> float:
    """A number from 0 to below 1.

    >>> share("1e-6")
    1e-06
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1:  # not so of what is no number either
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to below 1, such as 1e-6")
    return value


def positive(text: str) -> int:
    """A whole number from 1.

    >>> positive("4")
    4
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)
