"""What a pipeline means: the machine that every engine is measured against, and the run of it in this process."""
