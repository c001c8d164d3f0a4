"""The verdict on a dry-run, with its weight in words; and what it says nothing about."""

from __future__ import annotations

from collections.abc import Iterator

from pipeglot.compare.model import Difference, NotCompared, Report, Side, Verdict, named
from pipeglot.compare.order import Order
from pipeglot.core.shape import asks_state


def verdict(run: Report) -> tuple[Verdict, str]:
    """What all that a dry-run holds comes to, and why: its own verdict is not looked at."""
    for name, side in (("old", run.old), ("new", run.new)):
        if side.record is None or side.problems:
            return "inconclusive", f"the {name} side ({side.spec}) could not be run: {'; '.join(side.problems)}"
        if any(record.state == "cancelled" for record in side.records):
            return "inconclusive", f"the {name} side ({side.spec}) was cut short"
    wrong = [one for one in run.differences if one.kind == "record"]
    real = [one for one in run.differences if one.kind != "record"]
    astray = sum(bool(one.differences) for one in run.injected)
    said = [_causes(run)] if real else []
    if astray:
        said.append(f"{astray} of {len(run.injected)} injected failures propagate differently")
    if said:
        if wrong:
            said.append(f"and what is compared may be no pair: {_first(wrong)}")
        return "diverged", "; ".join([*said, str(run.coverage)])
    broken = [one for one in run.injected if one.problems]
    if broken:
        most = f"{len(broken)} of {len(run.injected)} injected failures could not be compared"
        return "inconclusive", f"the runs agree, but {most}: {broken[0].name}: {broken[0].problems[0]}"
    if wrong:
        return "inconclusive", f"what is compared may be no pair: {_first(wrong)}"
    if run.flaky:
        first = run.flaky[0]
        rest = f", and {len(run.flaky) - 1} more" if len(run.flaky) > 1 else ""
        place = f"{first.kind.replace('_', ' ')} of {named(first.call, first.index)}"
        return "inconclusive", f"the old side itself does not agree from run to run: {place}{rest}"
    return _equal(run)


def _equal(run: Report) -> tuple[Verdict, str]:
    """Nothing differs: whether enough was compared to say so."""
    outputs = run.coverage.output
    runs = f"{_times(len(run.old.records))} of the old side and {_times(len(run.new.records))} of the new one"
    failures = f"; {len(run.injected)} injected failures propagate alike" if run.injected else ""
    said = f"{run.coverage}; {runs}{failures}"
    if outputs.total and not outputs.compared:
        if run.required == "outputs":
            return "inconclusive", f"no output was compared, and --require outputs asks for that: {said}"
        return "equivalent", f"in states and order; no output was compared: {said}"
    return "equivalent", said


def _causes(run: Report) -> str:
    """How many differences there are, and where they come from."""
    count = len(run.differences)
    names = [named(one.call) for one in run.findings]
    some = ", ".join(names[:3]) + ", ..." * (len(names) > 3)
    causes = "" if not names else f" that {'come' if count > 1 else 'comes'} from {some}"
    return f"{count} difference{'s' * (count > 1)}{causes}"


def _first(found: list[Difference]) -> str:
    return str(found[0]) + (f", and {len(found) - 1} more" if len(found) > 1 else "")


def _times(count: int) -> str:
    return "one run" if count == 1 else f"{count} runs"


def left_out(order: Order, old: Side, new: Side) -> Iterator[NotCompared]:
    """What no dry-run compares, and what these two sides did not tell."""
    yield NotCompared(what="durations", why="shown, never judged: two engines never take the same time")
    yield NotCompared(
        what="error types and messages", why="engines wrap them; shown beside the states, which are judged"
    )
    yield NotCompared(what="run ids", why="every engine makes its own")
    yield NotCompared(
        what="effects outside the pipeline",
        why="services and tables that steps write, and files that no output names, are not read",
    )
    yield NotCompared(
        what="schedules", why="a dry-run is one run at one logical date; `pipeglot migrate schedule` compares them"
    )
    for name, side in (("old", old), ("new", new)):
        if side.record is None:
            continue
        derived = [named(call.id, call.index) for call in side.record.calls if not call.observed]
        if derived:
            why = f"{side.engine} leaves no trace of a call that never started: derived from the calls around it"
            yield NotCompared(what=f"states on the {name} side by observation", why=why, calls=tuple(derived))
        silent = [named(call.id, call.index) for call in side.record.calls if not call.output_known]
        if silent:
            yield NotCompared(
                what=f"outputs on the {name} side", why=f"{side.engine} did not keep them", calls=tuple(silent)
            )
        if order.shape.pipeline.result is not None and not side.record.result_observed:
            why = f"{side.engine} did not keep it: computed from the outputs of calls"
            if not side.record.result_known:
                why = f"it is made of outputs that {side.engine} did not keep"
            yield NotCompared(what=f"the result on the {name} side", why=why)
        timeless = [named(call.id, call.index) for call in side.record.calls if call.attempts and call.started is None]
        if timeless:
            why = f"{side.engine} did not record when they ran, so whether the order was kept is unknown"
            yield NotCompared(what=f"the order on the {name} side", why=why, calls=tuple(timeless))
        final = order.shape.pipeline.final
        if final is not None and asks_state(final) and not any(call.told for call in side.record.calls):
            why = f"{side.engine} does not show it"
            yield NotCompared(what=f"what {final.call.id} was told of the run on the {name} side", why=why)
