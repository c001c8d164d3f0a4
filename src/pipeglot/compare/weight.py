"""What a verdict rests on beside the differences: how much was compared, what one run cannot show, what is declared."""

from __future__ import annotations

from typing import Any, Literal

from pipeglot.core.record import Part


class Tally(Part):
    """How one aspect of the call instances (or of the run) compared.

    `unknown` are those that one side does not tell, `masked` those whose differences do not count; neither agrees.
    """

    agree: int = 0
    differ: int = 0
    masked: int = 0
    unknown: int = 0

    @property
    def compared(self) -> int:
        """How many could be compared, whatever came of it.

        >>> Tally(agree=3, differ=1, unknown=2).compared
        4
        """
        return self.agree + self.differ

    @property
    def total(self) -> int:
        """All of them."""
        return self.agree + self.differ + self.masked + self.unknown

    def rest(self, unknown: str = "not known") -> str:
        """What does not agree, in words; empty where all does. `unknown` is the word for what is unknown.

        >>> Tally(agree=3, differ=1, unknown=2).rest()
        '1 differs, 2 not known'
        """
        differ = "differs" if self.differ == 1 else "differ"
        counts = ((self.differ, differ), (self.masked, "masked"), (self.unknown, unknown))
        return ", ".join(f"{count:,} {word}" for count, word in counts if count)


class Coverage(Part):
    """How much of two runs was compared.

    Attributes:
        instances: the call instances of either side.
        state: of all of them; those that only one side has differ.
        attempts: of all of them.
        order: of the instances that wait for another call.
        output: of the instances whose step gives a value and that succeeded or were tolerated on both sides.
        result: of the run itself, if the pipeline has a result: one or none. One that an engine did not keep, so that
            it is computed from outputs, is unknown.

    >>> print(Coverage(instances=3, state=Tally(agree=3), attempts=Tally(agree=2, differ=1), result=Tally(unknown=1)))
    3 call instances: states 3 of 3 agree, attempts 2 of 3 (1 differs), result not known
    >>> print(Coverage(instances=3, state=Tally(agree=3), attempts=Tally(agree=3), output=Tally(agree=2)))
    all 3 call instances agree in states, attempts and outputs
    """

    instances: int = 0
    state: Tally = Tally()
    attempts: Tally = Tally()
    order: Tally = Tally()
    output: Tally = Tally()
    result: Tally = Tally()

    def __str__(self) -> str:
        aspects = {"states": self.state, "attempts": self.attempts, "order": self.order, "outputs": self.output}
        aspects = {name: tally for name, tally in aspects.items() if tally.total}
        result = self.result.rest().removeprefix("1 ") or "agrees"
        if self.instances > 1 and aspects and result == "agrees" and not any(one.rest() for one in aspects.values()):
            names = [*aspects, *(["result"] if self.result.total else [])]
            words = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
            return f"all {self.instances:,} call instances agree in {words}"
        said: list[str] = []
        for name, tally in aspects.items():
            agree, rest = "" if said else " agree", f" ({tally.rest()})" if tally.rest() else ""
            said.append(f"{name} {tally.agree:,} of {tally.total:,}{agree}{rest}")
        if self.result.total:
            said.append(f"result {result}")
        plural = "s" * (self.instances != 1)
        return f"{self.instances:,} call instance{plural}" + (": " + ", ".join(said) if said else "")


class NotExercised(Part):
    """Something of the pipeline that these runs could not show: what, why, what would show it, and for which calls."""

    what: str
    why: str
    how: str = ""
    calls: tuple[str, ...] = ()


class Declared(Part):
    """One policy that both sides declare, read without running them.

    Attributes:
        call: the id of the call; None for the run or its schedule.
        task: what the old side calls it; empty for the run.
        name: a neutral name: `retries`, `retry_delay`, `timeout`, `trigger_rule`, `pool`, `schedule`, `catch_up`,
            `start_date`, `max_active_runs`, `params.NAME`.
        old, new: JSON values; times in seconds.
        verdict: `unknown` where one side cannot be read or the two say it in ways that cannot be compared.
        note: why, in words.
    """

    call: str | None = None
    task: str = ""
    name: str
    old: Any = None
    new: Any = None
    verdict: Literal["agree", "differ", "unknown"]
    note: str = ""


class Flaky(Part):
    """Something other than a value in which the old side's own runs differ: what a call, or the run (None), came to in
    each run of either side; None in `old` or `new` where a run has no such call instance."""

    kind: str
    call: str | None = None
    index: tuple[int, ...] = ()
    old: tuple[Any, ...] = ()
    new: tuple[Any, ...] = ()

    def __str__(self) -> str:
        place = "the run" if self.call is None else self.call + "".join(f"[{number}]" for number in self.index)
        old, new = (", ".join(map(str, values)) for values in (self.old, self.new))
        return f"flaky {self.kind.replace('_', ' ')} of {place}: {old} on the old side; {new} on the new one"
