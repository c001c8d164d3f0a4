"""Runs under the Python of KFP's SDK: checks specs, and compiles DSL files, as told by `jobs.json` of a folder.

`python kfp_sdk.py FOLDER` reads FOLDER/jobs.json, a list of {"spec": file} or {"dsl": file, "name": pipeline,
"spec": file to write}, and writes FOLDER/told.json: what went wrong with each, or null.
"""

import json
import os
import runpy
import sys
import traceback
import types
import warnings
from pathlib import Path

os.environ["KFP_DISABLE_EXECUTION_CACHING_BY_DEFAULT"] = "true"  # the language has no cache
client = types.ModuleType("kfp.client")
client.Client = object  # type: ignore[attr-defined]
sys.modules["kfp.client"] = client


def main() -> None:
    import yaml
    from google.protobuf import json_format  # type: ignore[import-untyped]
    from kfp import compiler, components  # type: ignore[import-not-found]
    from kfp.pipeline_spec import pipeline_spec_pb2  # type: ignore[import-not-found]

    folder = Path(sys.argv[1])
    told: list[str | None] = []
    for job in json.loads((folder / "jobs.json").read_text()):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                if "dsl" in job:
                    warnings.simplefilter("ignore")
                    found = runpy.run_path(job["dsl"])
                    compiler.Compiler().compile(found[job["name"]], job["spec"])
                text = Path(job["spec"]).read_text()
                data = next(iter(yaml.load_all(text, Loader=yaml.CSafeLoader)))
                assert data == next(iter(yaml.safe_load_all(text))) if len(text) < 20_000 else True
                json_format.ParseDict(data, pipeline_spec_pb2.PipelineSpec())
                components.load_component_from_file(job["spec"])
                Path(job["spec"] + ".json").write_text(json.dumps(data))
            told.append(None)
        except Exception:
            told.append(traceback.format_exc())
    (folder / "told.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main()
