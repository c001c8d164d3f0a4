"""Check pods against Kubernetes' own models, strictly: `python pod_schema.py < pods.json`, with the `kubernetes` client.

Every field must be one of its model, every value of that field's type, every quantity a quantity and every label a
label. Prints the problems, a JSON list of texts. Field names may be those of Python or of manifests.
"""

import json
import re
import sys

from kubernetes.client import models

SIMPLE = {"str": str, "int": int, "bool": bool, "float": (int, float)}
# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
QUANTITY = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?")
LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
PREFIX = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


def problems(kind, value, place):
    if inner := re.fullmatch(r"list\[(.+)\]", kind):
        if not isinstance(value, list):
            yield f"{place}: not a list"
        else:
            for number, each in enumerate(value):
                yield from problems(inner[1], each, f"{place}[{number}]")
    elif inner := re.fullmatch(r"dict[(\[]str, ?(.+)[)\]]", kind):
        if not isinstance(value, dict):
            yield f"{place}: not a mapping"
        else:
            for key, each in value.items():
                yield from problems(inner[1], each, f"{place}[{key!r}]")
                if place.endswith((".requests", ".limits")):
                    yield from name(key, place)
                    if not (isinstance(each, str) and QUANTITY.fullmatch(each)):
                        yield f"{place}[{key!r}]: {each!r} is no quantity"
                if place.endswith((".node_selector", ".labels")):
                    yield from name(key, place)
                    if not LABEL.fullmatch(str(each)):
                        yield f"{place}[{key!r}]: {each!r} is no label"
    elif kind in SIMPLE:
        if not isinstance(value, SIMPLE[kind]):
            yield f"{place}: {value!r} is no {kind}"
    elif isinstance(value, dict):
        value = dict(value)
        told = value.pop("__model__", kind)
        if told != kind:
            yield f"{place}: a {told} where a {kind} belongs"
        model = getattr(models, kind)
        fields = {**{each: each for each in model.openapi_types}, **{v: k for k, v in model.attribute_map.items()}}
        for key, each in value.items():
            if key not in fields:
                yield f"{place}: {kind} has no field {key!r}"
            else:
                yield from problems(model.openapi_types[fields[key]], each, f"{place}.{fields[key]}")
        try:
            # The models themselves know what is required; what cannot be told apart from a partial pod is not judged.
            model(**{fields[key]: each for key, each in value.items() if key in fields})
        except (TypeError, ValueError) as error:
            if "containers" not in str(error):
                yield f"{place}: {error}"
    else:
        yield f"{place}: {value!r} is no {kind}"


def name(text, place):
    prefix, _, last = text.rpartition("/")
    if (prefix and not PREFIX.fullmatch(prefix)) or not last or not LABEL.fullmatch(last):
        yield f"{place}: {text!r} is no name of a resource or label"


if __name__ == "__main__":
    pods = json.load(sys.stdin)
    print(json.dumps([text for pod in pods for text in problems("V1Pod", pod, "pod")]))
