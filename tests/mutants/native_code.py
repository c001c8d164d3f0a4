"""Changes of compiled files that no pipeline would be compiled to: an engine's own means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from tests.mutants.change import NEVER


@dataclass(frozen=True)
class Written:
    """A file written otherwise; the rest as in `Change`."""

    text: str
    calls: frozenset[str] = frozenset()
    aspect: str = ""


Writer: TypeAlias = Callable[[str], Iterator[Written]]


def _each(text: str, pattern: str, new: str, aspect: str = "", *, named: bool = True) -> Iterator[Written]:
    """Every place that fits, written otherwise; the group `call` names what is changed."""
    for found in re.finditer(pattern, text, re.MULTILINE):
        changed = text[: found.start()] + found.expand(new) + text[found.end() :]
        yield Written(changed, frozenset({found["call"]}) if named else frozenset(), aspect)


# ---------------------------------------------------------------- Prefect


def submits_twice(text: str) -> Iterator[Written]:
    """A task is run once more, and what it gave is thrown away."""
    yield from _each(
        text, r"^(?P<pad> +)(?P<call>\w+) = (?P<what>(?P=call)_task\.submit\(.*\))$", r"\g<pad>\g<what>\n\g<0>", NEVER
    )


def submits_again(text: str) -> Iterator[Written]:
    """... and the second is the one that counts."""
    yield from _each(
        text, r"^(?P<pad> +)(?P<call>\w+) = (?P<what>(?P=call)_task\.submit\(.*\))$", r"\g<0>\n\g<0>", NEVER
    )


def flow_retries(text: str) -> Iterator[Written]:
    yield from _each(text, r'^@flow\(\n    name="\w+",$', r"\g<0>\n    retries=2,", "retr", named=False)


def flow_timeout(text: str) -> Iterator[Written]:
    yield from _each(text, r'^@flow\(\n    name="\w+",$', r"\g<0>\n    timeout_seconds=500,", "time", named=False)


def hides_failure(text: str) -> Iterator[Written]:
    yield from _each(text, r"return Failed\(.*\)$", "return None", "fail|result", named=False)


def returns_other(text: str) -> Iterator[Written]:
    yield from _each(text, r"^    return \w+\.result\(\)$", "    return 'something else'", named=False)


def other_task_name(text: str) -> Iterator[Written]:
    yield from _each(text, r'name="(?P<call>\w+)"(?=(, \w+=.*)?\)$)', r'name="legacy_\g<call>"')


def early_final(text: str) -> Iterator[Written]:
    """The last task does not wait for the others, and is told that all is well."""
    yield from _each(
        text, r"^    failed = unfinished\(runs\)\n(?=    (?P<call>\w+) = )", "    failed = []\n", "order|told"
    )


def task_retries(text: str) -> Iterator[Written]:
    yield from _each(text, r'name="(?P<call>\w+)"(?=\)$)', r"\g<0>, retries=3, retry_delay_seconds=1", "retr")


# ---------------------------------------------------------------- Airflow

_TASK = r'@task\(task_id="(?P<call>\w+)"'


def _argument(text: str, argument: str, aspect: str) -> Iterator[Written]:
    yield from _each(text, _TASK + r"(?!, trigger_rule)", rf"\g<0>, {argument}", aspect)


def all_done(text: str) -> Iterator[Written]:
    """A task runs whatever became of what it waits for."""
    yield from _argument(text, 'trigger_rule="all_done"', "trigger|block|fail")


def one_success(text: str) -> Iterator[Written]:
    yield from _argument(text, 'trigger_rule="one_success"', "trigger|block|fail")


def depends_on_past(text: str) -> Iterator[Written]:
    yield from _argument(text, "depends_on_past=True", "past")


def priority(text: str) -> Iterator[Written]:
    yield from _argument(text, "priority_weight=7", "priority")


def callback(text: str) -> Iterator[Written]:
    yield from _argument(text, "on_failure_callback=print", "callback|failure")


def keeps_nothing(text: str) -> Iterator[Written]:
    yield from _argument(text, "do_xcom_push=False", "output|kept")


def drops_arrow(text: str) -> Iterator[Written]:
    """A task does not wait; `end` is none of the pipeline's, but keeps the state of its run."""
    aspect = "order|wait|upstream|after|never ran|^the arm"
    for one in _each(text, r"^    \w+ >> (?P<call>\w+)$", "    pass", aspect):
        yield replace(one, calls=frozenset(), aspect="fail") if one.calls == {"end"} else one


def default_retries(text: str) -> Iterator[Written]:
    """Every task that says nothing of it is tried again."""
    new = r'\g<0>\n    default_args={"retries": 2, "retry_delay": __import__("datetime").timedelta(0)},'
    for one in _each(text, r"^    catchup=False,$", new, "retr", named=False):
        yield replace(one, calls=frozenset(re.findall(r'task_id="(\w+)"', text)))


def dag_timeout(text: str) -> Iterator[Written]:
    yield from _each(
        text,
        r"^    catchup=False,$",
        r"\g<0>\n    dagrun_timeout=__import__('datetime').timedelta(hours=1),",
        "time",
        named=False,
    )


def fails_fast(text: str) -> Iterator[Written]:
    yield from _each(text, r"^    catchup=False,$", r"\g<0>\n    fail_fast=True,", "fail", named=False)


def extra_task(text: str) -> Iterator[Written]:
    more = r"\g<0>\n    @task(task_id='extra')\n    def extra_task():\n        return 1\n    extra_task()\n"
    for one in _each(text, r"^with DAG\((.|\n)*?^\) as dag:$", more, named=False):
        yield replace(one, calls=frozenset({"extra"}))


# ---------------------------------------------------------------- Dagster


def op_twice(text: str) -> Iterator[Written]:
    """An op is run once more under another alias."""
    twice = r'\g<0>\n\g<pad>\g<what> "_2"\g<rest>'
    pattern = r'^(?P<pad> +)(\w+ = )?(?P<what>\w+\.alias\("(?P<call>\w+)")(?P<rest>\)\(.*\))$'
    for one in _each(text, pattern, twice):
        yield replace(one, calls=one.calls | {f"{id}_2" for id in one.calls})


def op_renamed(text: str) -> Iterator[Written]:
    yield from _each(text, r'\.alias\("(?P<call>\w+)"\)', r'.alias("legacy_\g<call>")')


def _job(text: str, before: str, argument: str, aspect: str) -> Iterator[Written]:
    """The job itself, with another argument."""
    for found in re.finditer(r"^@dg\.job\(", text, re.MULTILINE):
        made = re.search(r"^def (\w+)", text[found.end() :], re.MULTILINE)
        if (
            made is not None
            and not made[1].endswith("__final")
            and f"{argument.partition('=')[0]}=" not in made.string[: made.start()]
        ):
            yield Written(text[: found.start()] + before + found[0] + argument + text[found.end() :], aspect=aspect)


def run_retries(text: str) -> Iterator[Written]:
    yield from _job(text, "", 'tags={"dagster/max_retries": "3"}, ', "retr")


def no_final_sensor(text: str) -> Iterator[Written]:
    for one in _each(text, r"sensors=\[.*?\]", "sensors=[]", named=False):
        yield replace(one, calls=frozenset({"notify"}))


def op_retries(text: str) -> Iterator[Written]:
    yield from _each(
        text, r'\.alias\("(?P<call>\w+)"\)', r"\g<0>.with_retry_policy(dg.RetryPolicy(max_retries=3))", "retr"
    )


def op_hook(text: str) -> Iterator[Written]:
    yield from _job(text, "@dg.failure_hook\ndef tells(context):\n    pass\n\n\n", "hooks={tells}, ", "hook|fail")


# ---------------------------------------------------------------- Kubeflow Pipelines


def caches(text: str) -> Iterator[Written]:
    yield from _each(
        text,
        r"^(?P<pad> +)(?P<call>(?!run-context)[\w-]+):\n +cachingOptions: \{\}$",
        r"\g<pad>\g<call>:\n\g<pad>  cachingOptions:\n\g<pad>    enableCache: true",
        "cach",
    )


def retry_policy(text: str) -> Iterator[Written]:
    yield from _each(
        text,
        r"^(?P<pad> +)(?P<call>[\w-]+):\n +cachingOptions: \{\}$",
        r"\g<0>\n\g<pad>  retryPolicy:\n\g<pad>    maxRetryCount: 3\n\g<pad>    backoffDuration: 1s",
        "retr",
    )


def drops_dependency(text: str) -> Iterator[Written]:
    """A task does not wait for those that it takes nothing from; where it takes something, a cluster lets it wait."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.strip() == "dependentTasks:":
            pad = _indent(line)
            end = number + 1
            while lines[end].lstrip().startswith("- ") and _indent(lines[end]) >= pad:
                end += 1
            last = next((n for n, one in enumerate(lines[end:], end) if _indent(one) < pad), len(lines))
            producers = {one.split()[-1] for one in lines[end:last] if "producerTask:" in one}
            if {one.split()[-1] for one in lines[number + 1 : end]} <= producers:
                continue
            heads = (one.strip(" :\n") for one in reversed(lines[:number]) if _indent(one) == pad - 2)
            yield Written("".join([*lines[:number], *lines[end:]]), frozenset({next(heads)}), "order|wait|after")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def other_constant(text: str) -> Iterator[Written]:
    """A task is given something else."""
    for one in _each(text, r"(?P<call>constant): \"?[\w. ]+\"?$", "constant: 4711", named=False):
        lines = one.text[: one.text.index("constant: 4711")].splitlines()
        pad = len(lines[-1]) - 10  # inputs, parameters, the name, runtimeValue
        task = next(
            line.strip(" :")
            for line in reversed(lines)
            if line[:pad].isspace() and line[pad:].rstrip(":").isidentifier()
        )
        yield replace(one, calls=frozenset({task}), aspect=f"{NEVER}|^what calls were given")


def always_runs(text: str) -> Iterator[Written]:
    """An arm is taken always; that of an empty list gives what stands behind all others."""
    arms = frozenset({"publish", "keep", "large", "usual", "tidy"})
    for one in _each(text, r'condition: "(?!!\(int\(.*--count).*"$', 'condition: "true"', "arm", named=False):
        yield replace(one, calls=arms)


OPERATORS: Mapping[str, Sequence[Writer]] = {
    "prefect": (
        submits_twice,
        submits_again,
        flow_retries,
        flow_timeout,
        hides_failure,
        returns_other,
        other_task_name,
        early_final,
        task_retries,
    ),
    "airflow": (
        all_done,
        one_success,
        depends_on_past,
        priority,
        callback,
        keeps_nothing,
        drops_arrow,
        default_retries,
        dag_timeout,
        fails_fast,
        extra_task,
    ),
    "dagster": (op_twice, op_renamed, run_retries, no_final_sensor, op_retries, op_hook),
    "kfp": (caches, retry_policy, drops_dependency, other_constant, always_runs),
}
"""By engine."""
