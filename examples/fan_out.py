"""Measure files found at run time. One of them is unreadable: what that stops, and what it does not.

`strict` fails, because its total would be a lie; the readable files are measured all the same.
`tolerant` counts an unreadable file as no words, and succeeds. Two pipelines live here, so name one:
`pipeglot run examples/fan_out.py:tolerant`.
"""

from pipeglot import collect, continue_, each, pipeline, step

FILES = {"letter.txt": "dear all", "poem.txt": "the sea, the sea", "scan.txt": "\ufffd"}


@step
def find_files(suffix: str) -> list[str]:
    """What there is to measure is known only at run time."""
    return sorted(name for name in FILES if name.endswith(suffix))


@step
def read(name: str) -> str:
    if "\ufffd" in FILES[name]:
        raise ValueError(f"{name} is not text")
    return FILES[name]


@step
def count_words(text: str) -> int:
    return len(text.split())


@step
def total(counts: list[int]) -> int:
    return sum(counts)


@pipeline
def strict(suffix: str = ".txt") -> int:
    """`count_words` of the bad file is blocked, its siblings run, and `total` is blocked."""
    with each(find_files(suffix)) as name:
        text = read(name)
        count = count_words(text)
    return total(collect(count))


@pipeline
def tolerant(suffix: str = ".txt") -> int:
    """`read` of the bad file is still recorded as failed, but tolerated: its text is empty."""
    with each(find_files(suffix), max_parallel=2) as name:
        text = read.options(on_failure=continue_(default=""))(name)
        count = count_words(text)
    return total(collect(count))
