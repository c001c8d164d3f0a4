"""Mutation testing of the verdict: compiled code and records are changed by program, and a dry-run has to see it.

    python -m tests.mutants --seed 1 --count 125 --engine prefect     # or airflow, dagster, kfp, local, records
    python -m tests.mutants --seed 1 --count 50 --engine airflow --harmless

Every mutant is the old side, the pipeline as it was the new one, on `local`. What a dry-run says of it is one of:

- *right*: a difference, and the first cause that it names is the call that was changed (or the run itself)
- *elsewhere*: a difference, and another call is named
- *said*: no difference, and what was changed is listed as not exercised, not compared, or not known as declared
- *missed*: no difference, and nothing said

Harmless variations, which change nothing that a pipeline means, must show no difference.
"""
