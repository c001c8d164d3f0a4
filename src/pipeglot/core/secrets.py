"""The secrets that a pipeline declares: which they are, and their values, which only a run ever sees."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pipeglot.core.diagnostic import AuthoringError, Diagnostic
from pipeglot.core.inline import inline
from pipeglot.core.ir import Call, Pipeline, Secret, walk


def calls_with_secrets(pipeline: Pipeline) -> list[Call]:
    """The calls that read a secret, those of Includes and the Final among them."""
    pipeline = inline(pipeline)
    calls = [node for node in walk(pipeline.body) if isinstance(node, Call)]
    calls += [pipeline.final.call] if pipeline.final else []
    return [call for call in calls if call.policy.secrets]


def declared(pipeline: Pipeline) -> tuple[Secret, ...]:
    """Every secret of a pipeline once, in the order of its calls."""
    return tuple(
        {secret.env: secret for call in calls_with_secrets(pipeline) for secret in call.policy.secrets}.values()
    )


def values(pipeline: Pipeline, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The values of a pipeline's secrets by variable, from `env`, else from the environment of this process.

    Raises:
        AuthoringError: PG357 for each one that is not there, or is empty.

    >>> from pipeglot.core.ir import Policy
    >>> call = Call(id="a", step="s", policy=Policy(secrets=(Secret(env="TOKEN"),)))
    >>> values(Pipeline(name="p", body=(call,)), {"TOKEN": "t0ken", "OTHER": "1"})
    {'TOKEN': 't0ken'}
    """
    given = {**os.environ, **(env or {})}
    found: dict[str, str] = {}
    wrong: list[Diagnostic] = []
    for call in calls_with_secrets(pipeline):
        for secret in call.policy.secrets:
            if secret.env in found:
                continue
            found[secret.env] = given.get(secret.env, "")
            if not found[secret.env]:
                kept = f", which is kept in {secret.kept}" if secret.kept else ""
                message = f"{call.id!r} reads the secret {secret.env}{kept}: no such variable is set here"
                way_out = f"set {secret.env} in the environment of this process"
                wrong.append(Diagnostic("PG357", "error", message, call.at, way_out))
    if wrong:
        raise AuthoringError(wrong)
    return found
