"""The conformance suite: the corpus of cases, the judge that runs them on an engine, and the measured matrix.

It ships with the package, so that whoever writes a backend, or doubts one, can run it: `pipeglot conformance`.
"""
