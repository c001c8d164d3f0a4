"""The frame of a generated module: what stands where in it."""

from __future__ import annotations

from pipeglot.codegen.code import Code, joined


def framed(docstring: str, header: Code, imports: str, code: Code, start: str = "") -> Code:
    """A whole module: its docstring, where it is from, its imports, what it defines, and what starts it as a script."""
    script = f'\n\nif __name__ == "__main__":\n    {start}\n' if start else ""
    return joined((f'"""{docstring}"""', "", header, "", imports, code, script))
