"""What authors write: steps, pipelines and blocks, traced into the IR."""
