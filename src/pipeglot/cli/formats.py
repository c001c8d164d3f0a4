"""The published formats: what is printed or read as JSON or TOML, each with the type that is its JSON Schema."""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it, without the import of `typing`
if TYPE_CHECKING:
    from typing import Any

FORMATS = {
    "pipeline": "pipeglot.core.ir:Pipeline",
    "record": "pipeglot.core.record:Record",
    "diagnostics": "pipeglot.core.listed:Diagnostics",
    "conformance": "pipeglot.conformance.report:ConformanceReport",
    "targets": "pipeglot.conformance.matrix:Targets",
    "engines": "pipeglot.cli.engines:Engines",
    "native": "pipeglot.engines.native:Native",
    "dryrun": "pipeglot.compare.model:Report",
    "history": "pipeglot.migrate.history:History",
    "plan": "pipeglot.migrate.planning.model:MigrationPlan",
    "schedule": "pipeglot.migrate.schedule_model:ScheduleComparison",
    "rules": "pipeglot.compare.ignore:Rules",
    "map": "pipeglot.migrate.matching:TaskMap",
}
"""By name: the module and the type. `rules` and `map` are what `migrate dry-run` reads, in TOML."""


def json_schema(name: str) -> str:
    """The JSON Schema of a format, as text."""
    import json
    import pkgutil

    from pydantic import TypeAdapter

    schema = TypeAdapter(pkgutil.resolve_name(FORMATS[name])).json_schema()
    data = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    plain = json.loads(json.dumps(data), object_hook=_without_example)
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def _without_example(part: dict[str, Any]) -> dict[str, Any]:
    """A part of a schema; what its type's docstring shows in Python tells nothing of JSON."""
    if isinstance(text := part.get("description"), str):
        part["description"] = text.partition("\n\n>>> ")[0]
    return part
