"""What people have to do by hand: secrets, pools, images, packages, files, settings of services."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeglot.backends.base import Compiled
from pipeglot.core import ir
from pipeglot.core.shape import Shape
from pipeglot.migrate.planning.attributes import attributes, option_name
from pipeglot.migrate.planning.model import Manual, Row, SourcePlace
from pipeglot.migrate.planning.surroundings import Need, needs, package_of, unread
from pipeglot.redact.credentials import secret_values

_NOTE = re.compile(r"^\s*#\s?(.*)$")


def manual(
    flat: ir.Pipeline, old: str, new: str, compiled: Compiled, rows: Sequence[Row], native: Sequence[Need] = ()
) -> list[Manual]:
    """The checklist. `flat` has its Includes inlined; `native` is what the old side's native file takes."""
    return [
        *_secrets(flat, new),
        *_surroundings([*needs(flat), *native], _declared(flat), old, new),
        *_unread(flat, new),
        *_options(flat, old, new),
        *_images(flat, new),
        *_packages(flat, new, rows),
        *_machines(flat, new),
        *_effects(flat),
        *_files(compiled, new),
        *_named(rows, new),
    ]


def place(at: ir.At | None, name: str = "") -> tuple[SourcePlace, ...]:
    """A place as the contract writes it; nothing where there is none."""
    return () if at is None else (SourcePlace(file=at.file, line=at.line, name=name),)


def calls(flat: ir.Pipeline) -> list[ir.Call]:
    """Every call of a pipeline without Includes, the final one too."""
    return [*Shape(flat).calls, *([flat.final.call] if flat.final else [])]


def _declared(flat: ir.Pipeline) -> set[str]:
    return {secret.env for call in calls(flat) for secret in call.policy.secrets}


def _secrets(flat: ir.Pipeline, new: str) -> Iterator[Manual]:
    seen = set()
    for call in calls(flat):
        for secret in call.policy.secrets:
            if secret not in seen:
                seen.add(secret)
                kept = f", from {secret.kept}" if secret.kept else ""
                yield Manual(
                    kind="secret",
                    what=f"give {new} the secret {secret.env}{kept}",
                    why=f"declared by {call.id}",
                    places=place(call.at, call.id),
                )


def _surroundings(found: Sequence[Need], declared: set[str], old: str, new: str) -> Iterator[Manual]:
    for need in found:
        where, what = place(need.at), need.name or "whose name is computed there"
        if need.kind == "variable" and need.name not in declared:
            secret = bool(need.name and secret_values({need.name: "a value"}))
            kind = "secret" if secret else "variable"
            yield Manual(kind=kind, what=f"set the environment variable {what} where {new} runs steps", places=where)
        elif need.kind == "connection":
            yield Manual(kind="connection", what=f"connection {what}: give steps on {new} what it holds", places=where)
        elif need.kind == "pool":
            yield Manual(
                kind="pool",
                what=f"pool {what}: bound the same work on {new}; look up its size on {old}",
                places=where,
            )
        elif need.kind.startswith("import of "):
            package = need.kind.removeprefix("import of ")
            if package != package_of(new):
                why = f"{package} is not where {new} runs steps"
                yield Manual(kind="code", what=f"take {what} out of the step's code", why=why, places=where)
        elif need.kind != "variable":
            yield Manual(kind="setting", what=f"{need.kind} {what}: give it to steps on {new}", places=where)


def _unread(flat: ir.Pipeline, new: str) -> Iterator[Manual]:
    if found := unread(flat):
        names = ", ".join(found[:10]) + (f" and {len(found) - 10} more" if len(found) > 10 else "")
        modules = any(one.startswith("module") for one in found)
        more = f"; modules have to be importable where {new} runs steps" if modules else ""
        yield Manual(kind="code", what=f"look for what these take from around them, which nobody read: {names}{more}")


def _options(flat: ir.Pipeline, old: str, new: str) -> Iterator[Manual]:
    for attribute in attributes(flat):
        if attribute.field != "Pipeline.options":
            continue
        use, count = attribute.uses[0], len(attribute.uses)
        many = f" and {count - 1} more" if count > 1 else ""
        where = place(use.at)
        name = use.path[-1]
        if use.name == new and name == "pool" and new == "airflow":
            what = f"create the pool {attribute.text}, of the size it has to have: `airflow pools set NAME SLOTS DESCRIPTION`"
            yield Manual(kind="pool", what=what, why=option_name(use) + many, places=where)
        elif use.name == old != new:
            what = f"{option_name(use)} = {attribute.text}{many}: find what stands for it on {new}, or do without"
            kind = "pool" if "pool" in str(name) or "queue" in str(name) else "setting"
            yield Manual(kind=kind, what=what, why=f"an option of {old} alone", places=where)


def _images(flat: ir.Pipeline, new: str) -> Iterator[Manual]:
    seen = set()
    for step in flat.steps:
        if isinstance(step.run, ir.Container) and step.run.image not in seen:
            seen.add(step.run.image)
            what = f"let {new} pull the image {step.run.image}: registry, and credentials for it"
            yield Manual(kind="image", what=what, places=place(step.at, step.name))


def _packages(flat: ir.Pipeline, new: str, rows: Sequence[Row]) -> Iterator[Manual]:
    if not flat.packages:
        return
    told = next((row.new for row in rows if row.field == "Pipeline.packages"), None)
    listed = ", ".join(flat.packages)
    if told is not None and told.lines:
        what = f"let {new} reach a package index, or build an image that has: {listed}"
        why = f"the compiled files install them ({told.lines[0].file}:{told.lines[0].line})"
        yield Manual(kind="package", what=what, why=why)
    else:
        what = f"install where {new} runs steps (or build an image that has): {listed}"
        yield Manual(kind="package", what=what, places=place(flat.at))


def _machines(flat: ir.Pipeline, new: str) -> Iterator[Manual]:
    gpus: dict[str, int] = {}
    labels: dict[str, None] = {}
    for call in calls(flat):
        wanted = call.policy.resources
        if wanted is None:
            continue
        if wanted.gpus:
            gpus[wanted.gpu_type] = max(gpus.get(wanted.gpu_type, 0), wanted.gpus)
        labels.update(dict.fromkeys(f"{key}={value}" for key, value in wanted.node_selector.items()))
    for kind, count in gpus.items():
        yield Manual(kind="machine", what=f"have nodes with {count} of {kind} where {new} runs steps")
    if labels:
        yield Manual(kind="machine", what=f"have nodes with these labels where {new} runs steps: {', '.join(labels)}")


def _effects(flat: ir.Pipeline) -> Iterator[Manual]:
    found = [call for call in calls(flat) if call.policy.effects and call.policy.effects.kind == "external"]
    if found:
        names = ", ".join(call.id for call in found[:10]) + (", ..." if len(found) > 10 else "")
        what = f"never let both sides be on duty: {names} would act on the world twice"
        yield Manual(kind="schedule", what=what, places=tuple(p for call in found[:5] for p in place(call.at, call.id)))


def _files(compiled: Compiled, new: str) -> Iterator[Manual]:
    for name, text in compiled.files.items():
        notes = [found[1] for line in text.splitlines()[:40] if (found := _NOTE.match(line))]
        notes = [note.strip() for note in notes if note.strip() and "Made by pipeglot" not in note]
        if name == compiled.entry:
            yield Manual(kind="file", what=f"deploy {name}, which holds {compiled.name}")
        elif name.endswith(".py"):
            first = next((line.strip('" ') for line in text.splitlines() if line.startswith('"""')), "")
            yield Manual(kind="file", what=f"run {name}", why=first)
        else:
            yield Manual(kind="file", what=f"deploy {name}", why=" ".join(notes))
    if not compiled.files:
        yield Manual(kind="file", what=f"nothing can be deployed: {new} refuses the pipeline as it is")


def _named(rows: Sequence[Row], new: str) -> Iterator[Manual]:
    """What the new side's own findings say that somebody has to do."""
    found: dict[tuple[str, str], tuple[str, str, int]] = {}
    for row in rows:
        for said in row.new.said:
            if said.help and said.severity in ("warning", "note"):
                what, message, count = found.get((said.code, said.help), (said.help, said.message, 0))
                found[said.code, said.help] = what, message, count + said.count
    for (code, _), (what, message, count) in found.items():
        many = f" (and {count - 1} more like it)" if count > 1 else ""
        yield Manual(kind="setting", what=what, why=f"{new}: {message} ({code}){many}")
