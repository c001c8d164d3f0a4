"""What generated code costs when it runs: wall time and engine tasks against the same pipeline written by hand.

    python -m benchmarks.run_cost [--only kfp]

Both run in one engine process, by turns, on steps that do next to nothing, so that only the code around them counts: at most
1.05 of the time, and no more tasks. KFP's run in `kfp.local`, every task a process of its own as on a cluster. And the time
that Airflow takes to parse a DAG of 1,000 tasks, generated against written by hand.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from benchmarks.measure import Options, Row, run
from pipeglot import engines
from pipeglot.author.read import read
from pipeglot.backends import compile as compile_pipeline
from pipeglot.backends import targets
from pipeglot.backends.base import EngineRun, Mode
from pipeglot.core.dataclass import replace
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
    assert run.started and run.ended
    return (datetime.fromisoformat(run.ended) - datetime.fromisoformat(run.started)).total_seconds()


def running(target: str, runs: int) -> Iterator[Row]:
    """Run both by turns."""
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
    name, other = f"run on {target}", middle["by hand"]
    yield Row(name, float(ratio * other), other, "by hand", LIMIT, "s")
    yield Row(f"{name}: tasks", tasks["generated"], tasks["by hand"], "by hand", 1, "tasks")


# ---------------------------------------------------------------- parsing

PARSE = """
import json, sys, time, importlib.util
import airflow.sdk
def parse(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    start = time.process_time()
    spec.loader.exec_module(module)
    took = time.process_time() - start
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
    first = tuple(replace(call, args={}) for call in body[:10])
    code = replace(code, text=code.text.replace("x: int", "x: int = 0"))
    step = replace(step, parameters=(Parameter(name="x", type={"type": "integer"}, has_default=True),))
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


def parsing(runs: int) -> Row:
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
    other = statistics.median(theirs for _, theirs in pairs)
    return Row("airflow parses 1,000 tasks", float(ratio * other), float(other), "by hand", LIMIT)


def rows(options: Options) -> Iterator[Row]:
    runs = 1 if options.small else 3 * options.runs
    for target in sorted(targets()):
        if (HERE / "by_hand" / f"{target}.py").exists() and options.wants(f"run on {target}"):
            yield from running(target, runs)
    if options.wants("airflow parses"):
        yield parsing(runs)


if __name__ == "__main__":
    run(rows)
