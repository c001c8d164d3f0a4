"""Upload few-runs-and-not-for-long; the server is that of kfp.Client().

To run it again replaces what it made.
"""

# Made by pipeglot from pipeline "few_runs_and_not_for_long", digest f0b0a1f127a2.

import hashlib
import json
import tempfile
from pathlib import Path

from kfp import Client

HERE = Path(__file__).parent
NAME = "few-runs-and-not-for-long"
PACKAGE = HERE / "few_runs_and_not_for_long.yaml"


def named(name: str) -> str:
    """KFP's filter for things of a name."""
    return json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})


def main() -> None:
    client = Client()
    # KFP takes the spec and what is Kubernetes' own as two documents of one file.
    package = Path(tempfile.mkdtemp()) / PACKAGE.name
    both = [PACKAGE, HERE / "few_runs_and_not_for_long_kubernetes.yaml"]
    package.write_text("---\n".join(each.read_text() for each in both))
    pipeline_id = client.get_pipeline_id(NAME)
    if pipeline_id is None:
        pipeline_id = client.upload_pipeline(str(package), pipeline_name=NAME).pipeline_id
    # Options of the compiler are in the file, not in the pipeline's digest.
    version = "f0b0a1f127a2-" + hashlib.sha256(package.read_bytes()).hexdigest()[:8]
    known = client.list_pipeline_versions(pipeline_id, filter=named(version)).pipeline_versions
    if known:
        version_id = known[0].pipeline_version_id
    else:
        uploaded = client.upload_pipeline_version(
            str(package),
            pipeline_version_name=version,
            pipeline_id=pipeline_id,
        )
        version_id = uploaded.pipeline_version_id
    print(pipeline_id, version_id)


if __name__ == "__main__":
    main()
