"""JSON as it comes from APIs, with keys that an engine has for its own: a dict crosses unchanged, or its step fails."""

from typing import Any

from pipeglot import pipeline, step

FORMS: dict[str, dict[str, Any]] = {
    "aws": {"__type": "com.amazonaws.dynamodb#ResourceNotFoundException", "message": "no table"},
    "legacy": {"__type": "dict", "__var": {"a": 1}},
    "set": {"rows": [{"__type": "set", "__var": [3, 1, 3]}]},
    "class": {"__classname__": "Invoice", "__version__": 1, "__data__": {"total": 3}},
    "id": {"page": {"__id__": "x"}},
    "version": {"__version__": 1, "__data__": {}, "__source": "x", "__cache__": 1},
    "env": {"env": "HOME"},
    "prefect": {"__prefect_kind": "json", "value": "[1]"},
    "kfp": {"$ref": "#/x", "{{$.inputs}}": "{{channel:task=;name=a;type=String;}}", "runtimeValue": {"constant": 1}},
    "pickle": {"py/object": "builtins.set", "__class__": "x", "__type__": "float", "text": "nan"},
}


@step
def make(form: str) -> dict[str, Any]:
    return FORMS[form]


@step
def show(value: dict[str, Any]) -> str:
    return repr(sorted(value.items()))


@pipeline
def notation(form: str = "aws") -> str:
    return show(make(form))


@pipeline
def given(value: dict[str, Any] = {"a": 1}) -> str:
    return show(value)
