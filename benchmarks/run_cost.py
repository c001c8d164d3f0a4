"""What generated code costs when it runs: wall time and engine tasks against the same pipeline written by hand.

    python benchmarks/run_cost.py [--targets airflow prefect ...] [--runs 15] [--parse]

Both run in one engine process, by turns, on steps that do next to nothing, so that only the code around them counts:
at most 1.05 of the time, and as many tasks. KFP's run in `kfp.local`, every task a process of its own as on a cluster. `--parse`: the time Airflow takes to parse a DAG of 1,000 tasks, generated
against written by hand, at most 1.05. Exits with 1 when a ratio is missed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pipeglot import engines
from pipeglot.author.read import read
from pipeglot.backends import compile as compile_pipeline
from pipeglot.backends import targets
from pipeglot.backends.base import EngineRun, Mode
from pipeglot.core.ir import Call, Inlined, Out, Parameter, Pipeline, SourceFragment, Step
from pipeglot.engines.process import Job, execute

HERE = Path(__file__).parent
LIMIT = 1.05


def job(folder: Path, entry: str) -> Job:
    return Job(folder=folder, entry=entry, name="etl")


def by_hand(target: str, folder: Path, python: Path) -> Job:
    """The hand-written pipeline; KFP's is compiled by its own SDK first."""
    folder.mkdir()
    shutil.copy(HERE / "by_hand" / f"{target}.py", folder / "etl.py")
    if target != "kfp":
        return job(folder, "etl.py")
    subprocess.run([str(python), "etl.py"], cwd=folder, check=True, capture_output=True)
    return job(folder, "etl.yaml")


def generated(target: str, folder: Path) -> Job:
    """The compiled pipeline."""
    folder.mkdir()
    made = compile_pipeline(read(str(HERE / "etl.py")).pipeline, target)
    for name, text in made.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Job(folder=folder, entry=made.entry, name=made.name)


def seconds(run: EngineRun) -> float:
    """How long an engine says that a run took."""
    from datetime import datetime

    assert run.started and run.ended
    return (datetime.fromisoformat(run.ended) - datetime.fromisoformat(run.started)).total_seconds()


def measure(target: str, runs: int) -> bool:
    """Run both by turns; whether the ratio and the number of tasks are within the limit."""
    python = engines.find(target).python
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        ours, theirs = generated(target, folder / "generated"), by_hand(target, folder / "by_hand", python)
        pairs = [(theirs, ours), (ours, theirs)]
        # By turns, and each of the two as often first: what the machine does meanwhile falls on both.
        turns = [each for number in range(runs + 1) for each in pairs[number % 2]]
        took: dict[str, list[float]] = {"generated": [], "by hand": []}
        tasks: dict[str, int] = {}
        mode: Mode = "server" if target == "kfp" else "test"
        for turn, outcome in zip(turns, execute(target, turns, mode=mode), strict=True):
            if not isinstance(outcome, EngineRun):
                raise outcome
            assert outcome.state == "succeeded", outcome
            kind = "generated" if turn is ours else "by hand"
            took[kind].append(seconds(outcome))
            tasks[kind] = len([task for task in outcome.tasks if task.attempts])
    # The first of each warms the engine up.
    middle = {kind: statistics.median(values[1:]) for kind, values in took.items()}
    paired = [a / b for a, b in zip(took["generated"][1:], took["by hand"][1:], strict=True)]
    ratio = statistics.median(paired)
    good = bool(ratio <= LIMIT)
    print(
        f"{target}: generated {middle['generated']:.3f} s, by hand {middle['by hand']:.3f} s, ratio {ratio:.3f} "
        f"(at most {LIMIT}), tasks {tasks['generated']} and {tasks['by hand']}{'' if good else '  MISSED'}"
    )
    return good


# ---------------------------------------------------------------- parsing

PARSE = """
import json, sys, time, importlib.util
import airflow.sdk
def parse(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    start = time.perf_counter()
    spec.loader.exec_module(module)
    took = time.perf_counter() - start
    assert len(module.dag.tasks) == 1000, len(module.dag.tasks)
    return took
ours, theirs, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
found = []
for number in range(runs + 1):
    order = [ours, theirs] if number % 2 else [theirs, ours]
    took = {path: parse(path, f"m{number}_{n}") for n, path in enumerate(order)}
    found.append((took[ours], took[theirs]))
print(json.dumps(found[1:]))
"""


def thousand() -> Pipeline:
    """A thousand calls: ten chains."""
    code = SourceFragment(kind="function", names=("work",), text="def work(x: int) -> int:\n    return x + 1")
    step = Step(name="work", run=Inlined(name="work"), parameters=(Parameter(name="x", type={"type": "integer"}),))
    body = tuple(
        Call(id=f"work_{n}", step="work", args={"x": Out(ref=f"work_{n - 10}")} if n >= 10 else {}) for n in range(1000)
    )
    first = tuple(call.model_copy(update={"args": {}}) for call in body[:10])
    code = code.model_copy(update={"text": code.text.replace("x: int", "x: int = 0")})
    step = step.model_copy(update={"parameters": (Parameter(name="x", type={"type": "integer"}, has_default=True),)})
    return Pipeline(name="thousand", code=(code,), steps=(step,), body=(*first, *body[10:]))


def thousand_by_hand() -> str:
    """The same as one would write it down: a function for each task, since each is a task of its own."""
    lines = [
        "from airflow.sdk import DAG, task\n\n\ndef work(x: int = 0) -> int:\n    return x + 1\n\n",
        'with DAG(dag_id="thousand", schedule=None, catchup=False) as dag:\n',
    ]
    for n in range(1000):
        argument, given = ("x", "x=x") if n >= 10 else ("", "")
        lines.append(
            f'    @task(task_id="work_{n}")\n    def work_{n}_task({argument}):\n        return work({given})\n'
        )
    for n in range(1000):
        lines.append(f"    work_{n} = work_{n}_task({f'work_{n - 10}' if n >= 10 else ''})")
    return "\n".join(lines) + "\n"


def parsing(runs: int) -> bool:
    """The time Airflow takes to parse a thousand tasks, generated against by hand."""
    python = engines.find("airflow").python
    with tempfile.TemporaryDirectory() as text:
        ours, theirs = Path(text, "generated.py"), Path(text, "by_hand.py")
        made = compile_pipeline(thousand(), "airflow")
        ours.write_text(made.files[made.entry], encoding="utf-8")
        theirs.write_text(thousand_by_hand(), encoding="utf-8")
        command = [str(python), "-c", PARSE, str(ours), str(theirs), str(runs)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=text)
    pairs = json.loads(done.stdout.splitlines()[-1])
    ratio = statistics.median(a / b for a, b in pairs)
    ours_s, theirs_s = (statistics.median(column) for column in zip(*pairs, strict=True))
    good = bool(ratio <= LIMIT)
    print(
        f"airflow parses 1,000 tasks: generated {ours_s:.3f} s, by hand {theirs_s:.3f} s, ratio {ratio:.3f} "
        f"(at most {LIMIT}){'' if good else '  MISSED'}"
    )
    return good


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--targets", nargs="*", default=[t for t in sorted(targets()) if (HERE / "by_hand" / f"{t}.py").exists()]
    )
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--parse", action="store_true", help="parsing too")
    given = parser.parse_args(arguments)
    good = [measure(target, given.runs) for target in given.targets]
    if given.parse:
        good.append(parsing(given.runs))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
