"""The source of stand-ins: compiled with a pipeline for a dry-run, so it imports nothing of pipeglot."""

import functools
import hashlib
import json
import os
import subprocess
import typing
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

FOLDER = "PIPEGLOT_STAND_INS"


def command(words: "list[str]") -> Any:
    """A shell or container step as a function."""

    def run(**given: Any) -> str:
        text = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
        env = {**os.environ, **text}
        done = subprocess.run(words, env=env, stdout=subprocess.PIPE, text=True, check=True)
        return (done.stdout.splitlines() or [""])[-1]

    return run


def canonical(value: Any) -> str:
    """JSON text that is the same for values that mean the same: 1 and 1.0 do, 1 and true do not."""

    def plain(part: Any) -> Any:
        if isinstance(part, list):
            return [plain(one) for one in part]
        if isinstance(part, dict):
            return {name: plain(one) for name, one in part.items()}
        return part + 0.0 if isinstance(part, int | float) and not isinstance(part, bool) else part

    return json.dumps(plain(value), sort_keys=True)


def stand_in(call: str, fn: Any) -> Any:
    """Put in a function's place one like `fn` that answers, fails, or calls it, as the plan says for this call."""

    @functools.wraps(fn)
    def standing_in(**given: Any) -> Any:
        folder = os.environ["PIPEGLOT_STAND_INS"]
        hints = typing.get_type_hints(fn, include_extras=True)

        def plain(name: str, value: Any) -> Any:
            try:
                built = TypeAdapter(hints.get(name, Any)).validate_json(json.dumps(value), strict=True)
            except ValueError:  # a record of other types: it cannot be what is asked now
                return value
            return to_jsonable_python(built)

        def returned(value: Any) -> Any:
            return TypeAdapter(hints.get("return", Any)).validate_json(json.dumps(value), strict=True)

        with open(os.path.join(folder, "plan.json"), encoding="utf-8") as file:
            plan = json.load(file)
        asked = {name: to_jsonable_python(value) for name, value in given.items()}

        def fits(one: Any) -> bool:
            told = {name: plain(name, value) for name, value in one["args"].items()}
            return canonical(told) == canonical({name: value for name, value in asked.items() if name in told})

        told = [one for one in plan["failing"].get(call, []) + plan["answers"].get(call, []) if fits(one)]
        text = canonical([call, asked])
        if told and told[0]["failures"] != 0:
            counter = os.path.join(folder, hashlib.sha256(text.encode()).hexdigest())
            with open(counter, "a", encoding="utf-8") as file:
                file.write(".")
                file.flush()
                attempt = os.path.getsize(counter)
            if told[0]["failures"] is None or attempt <= told[0]["failures"]:
                raise RuntimeError(told[0]["error"] or "made to fail")
        answers = [one for one in told if one in plan["answers"].get(call, [])]
        if answers:
            return returned(answers[0]["output"])
        if call in plan["always"]:
            return returned(plan["always"][call])
        if call in plan["answers"]:
            with open(os.path.join(folder, "unexpected.jsonl"), "a", encoding="utf-8") as file:
                file.write(json.dumps({"call": call, "given": asked}, sort_keys=True) + "\n")
            return returned(plan["invented"].get(call))
        return fn(**given)

    return lambda _: standing_in
