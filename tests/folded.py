"""The form of golden files: what many of them share, the helpers above all, stands once, and they refer to it by a line.

    # golden: shared/json_io.py

stands, as far to the right as the text would, for the whole of `shared/json_io.py` beside the file. So a change of a helper
is a change of one golden file, and what is left of the others is what their pipeline makes different.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from textwrap import dedent, indent

LEAST_FILES = 5
LEAST_LINES = 8
_REFERENCE = re.compile(r"^( *)# golden: shared/(\S+)$", re.MULTILINE)
_DEFINITION = re.compile(r" *(?:async )?def (\w+)|(?: *@.*\n)* *class (\w+)")
_LAUNCHER = re.compile(r'^ +command:\n(?:(?: .*)?\n)*? +_KFP_RUNTIME=true .* "\$@"$', re.MULTILINE)
"""What KFP puts before the source of a component."""
_BETWEEN_DEFINITIONS = "\n\n\n"


def shared(files: Iterable[str]) -> dict[str, str]:
    """The texts that several of the files have in common, by the names of their golden files."""
    holders: dict[tuple[str, str], int] = defaultdict(int)
    for text in files:
        for piece in set(_pieces(text)):
            holders[piece] += 1
    found: dict[str, str] = {}
    for (name, text), count in sorted(holders.items(), key=lambda item: (-item[1], item[0])):
        if count >= LEAST_FILES:
            stem, dot, suffix = name.partition(".")
            number = 1 + sum(other.startswith(stem) and other.endswith(suffix) for other in found)
            found[name if number == 1 else f"{stem}_{number}{dot}{suffix}"] = text
    return found


def fold(text: str, shared: Mapping[str, str]) -> str:
    """A text with references in place of what is shared."""
    names = {piece: name for name, piece in shared.items()}

    def reference(piece: str) -> str:
        name = names.get(dedent(piece))
        return f"{_margin(piece)}# golden: shared/{name}" if name else piece

    text = _LAUNCHER.sub(lambda found: reference(found[0]), text)
    return _BETWEEN_DEFINITIONS.join(map(reference, text.split(_BETWEEN_DEFINITIONS)))


def unfold(text: str, shared: Mapping[str, str]) -> str:
    """The text that was folded."""
    return _REFERENCE.sub(lambda found: indent(shared[found[2]], found[1]), text)


def references(text: str) -> set[str]:
    """The shared texts that a golden file refers to."""
    return {name for _, name in _REFERENCE.findall(text)}


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """What could be shared: definitions, wherever they stand, and how KFP starts them."""
    for launcher in _LAUNCHER.findall(text):
        yield "command.yaml", dedent(launcher)
    for piece in text.split(_BETWEEN_DEFINITIONS):
        defined = _DEFINITION.match(piece)
        if defined and piece.count("\n") + 1 >= LEAST_LINES and _is_one_definition(dedent(piece)):
            yield f"{defined[1] or defined[2]}.py", dedent(piece)


def _is_one_definition(piece: str) -> bool:
    try:
        return len(ast.parse(piece).body) == 1
    except SyntaxError:
        return False


def _margin(piece: str) -> str:
    return piece[: len(piece) - len(piece.lstrip(" "))]
