"""What compiling 1,000 calls for Kubeflow Pipelines costs: by us, and by KFP's own SDK from the equivalent DSL.

    python -m benchmarks.kfp_compile

Both write the same pipeline to a file, in a process of their own, imports excluded. The SDK's DSL is that of `emit=dsl`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks import shapes
from benchmarks.measure import BUILD, Options, Row, by_turns, run, stage
from pipeglot import engines
from pipeglot.author.read import read
from pipeglot.backends import compile as compile_for

THEIRS = """
import runpy, sys, time, warnings
warnings.simplefilter("ignore")
from kfp import compiler
start = time.process_time()
found = runpy.run_path(sys.argv[1])
compiler.Compiler().compile(found["shape"], sys.argv[2])
print(time.process_time() - start)
"""


def rows(options: Options) -> Iterator[Row]:
    count = options.size(1_000)
    made = read(shapes.source(shapes.chain, count, True)).pipeline
    dsl = BUILD / "chain_dsl.py"
    dsl.write_text(compile_for(made, "kfp", options={"emit": "dsl"}).files["shape_pipeline.py"], encoding="utf-8")
    theirs = [engines.find("kfp").python, "-c", THEIRS, dsl, BUILD / "out.yaml"]
    sides = {"ours": partial(shapes.cost, shapes.chain, "kfp", count), "kfp": partial(stage, theirs)}
    found = by_turns(sides, min(3, options.runs))
    ours, sdk = found["ours"], found["kfp"]
    yield Row(f"compile to kfp, {count:,} calls", ours.seconds, sdk.seconds, "KFP's SDK", 0.1, memory=ours.memory)


if __name__ == "__main__":
    run(rows)
