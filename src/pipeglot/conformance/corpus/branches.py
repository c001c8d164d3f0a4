"""Conditions: which arm runs, what is skipped, what leaves a branch."""

from typing_extensions import TypedDict

from pipeglot import all_, any_, elsewhen, is_in, merge, not_, otherwise, pipeline, step, when
from pipeglot.conformance.corpus import Case


class Score(TypedDict):
    auc: float
    good: bool
    name: str


@step
def score(auc: float, name: str = "m") -> Score:
    return {"auc": auc, "good": auc >= 0.5, "name": name}


@step
def say(text: str) -> str:
    return text


@step
def fails(text: str = "") -> str:
    raise ValueError("told to fail")


@step
def lookup(known: dict[str, int]) -> dict[str, int]:
    return known


@step
def maybe(text: str) -> None:
    return None


@pipeline
def if_without_else(auc: float = 0.7) -> None:
    s = score(auc)
    with when(s["auc"] > 0.6):
        say("yes")
    say.options(id="always", after=[s])("done")


@pipeline
def if_else_merge(auc: float = 0.7) -> str:
    s = score(auc)
    with when(s["good"]):
        new = say.options(id="promote")("promoted")
    with otherwise():
        old = say.options(id="keep")("kept")
    version = merge(new, old)
    return say.options(id="report")(f"version: {version}")


@pipeline
def elif_chain(auc: float = 0.7) -> str:
    s = score(auc)
    with when(s["auc"] > 0.9):
        a = say.options(id="great")("great")
    with elsewhen(s["auc"] > 0.6):
        b = say.options(id="fine")("fine")
    with elsewhen(s["auc"] > 0.3):
        c = say.options(id="poor")("poor")
    with otherwise():
        d = say.options(id="bad")("bad")
    return merge(a, b, c, d)


@pipeline
def nested(auc: float = 0.7, strict: bool = False) -> str:
    s = score(auc)
    with when(s["auc"] > 0.5):
        with when(strict):
            with when(s["auc"] > 0.8):
                a = say.options(id="strict_pass")("strict pass")
            with otherwise():
                b = say.options(id="strict_fail")("strict fail")
            inner = merge(a, b)
        with otherwise():
            loose = say.options(id="loose")("loose")
        up = merge(inner, loose)
    with otherwise():
        down = say.options(id="down")("down")
    outcome = merge(up, down)
    return say.options(id="tell")(outcome)


@pipeline
def merge_of_constant_and_outside(auc: float = 0.7) -> str:
    before = say.options(id="before")("outside value")
    s = score(auc)
    with when(s["auc"] > 0.9):
        new = say.options(id="first")("a")
        say.options(id="second")(new)
        third = say.options(id="third", after=[new])("third")
    with elsewhen(s["auc"] > 0.6):
        say.options(id="aside")("aside")
    with otherwise():
        say.options(id="other")("other")
    return say.options(id="end")(merge(third, before, "constant"))


@pipeline
def merge_of_fields(auc: float = 0.7) -> str:
    s = score(auc)
    with when(s["good"]):
        fresh = score.options(id="fresh")(0.9, "fresh")
        say(fresh["name"])
    with otherwise():
        say.options(id="stale")("stale")
    return say.options(id="end")(merge(fresh["name"], f"was {s['name']}"))


@pipeline
def merged_none() -> None:
    with when(score(0.9)["good"]):
        a = maybe("x")
    with otherwise():
        b = maybe.options(id="other")("y")
    value = merge(a, b)
    say.options(id="end", after=[value])("end")


@pipeline
def empty_else(auc: float = 0.1) -> str:
    s = score(auc)
    with when(s["good"]):
        new = say.options(id="new")("new")
    with otherwise():
        pass
    return say.options(id="end")(merge(new, "none"))


@pipeline
def conditions_of_all_kinds(n: int = 3, name: str = "b", x: float = 3.0) -> None:
    with when(all_(n == x, not_(name == "a"), any_(n > 5, is_in(name, ["b", "c"])))):
        say.options(id="combined")("combined")
    with when(is_in(n, [1, 2])):
        say.options(id="not_in")("no")
    with when(n != 3):
        say.options(id="unequal")("no")
    with when(all_(n >= 3, n <= 3, x < 3.5)):
        say.options(id="bounds")("bounds")


@pipeline
def capture_fails(auc: float = 0.7) -> str:
    s = score(auc)
    bad = fails()
    with when(s["good"]):
        say.options(id="uses")(bad)
        b = say.options(id="does_not_use")("x")
    with otherwise():
        c = say.options(id="other")("y")
    version = merge(b, c)
    say.options(id="beside", after=[s])("independent")
    return say.options(id="end")(version)


@pipeline
def taken_arm_fails(auc: float = 0.7) -> str:
    s = score(auc)
    with when(s["good"]):
        a = fails.options(id="bad")()
        say.options(id="below")(a)
        b = say.options(id="fine")("fine")
    with otherwise():
        c = say.options(id="other")("y")
        d = say.options(id="other_below")(c)
    v1 = merge(a, c)
    v2 = merge(b, d)
    say.options(id="blocked_end")(v1)
    return say.options(id="good_end")(v2)


@pipeline
def condition_cannot_be_evaluated(key: str = "present") -> str:
    found = lookup({"present": 1})
    with when(found["absent"] > 0):
        a = say.options(id="yes")("yes")
    with otherwise():
        b = say.options(id="no")("no")
    say.options(id="end")(merge(a, b))
    return say.options(id="beside")("beside")


@pipeline
def condition_fails() -> str:
    s = fails()
    with when(s == "x"):
        say.options(id="yes")("yes")
    with otherwise():
        say.options(id="no")("no")
    return say.options(id="beside")("beside")


@pipeline
def branch_after_branch(auc: float = 0.7) -> str:
    s = score(auc)
    with when(s["auc"] > 0.9) as first:
        say.options(id="a")("a")
    with when(s["auc"] > 0.5, after=[first]):
        b = say.options(id="b")("b")
    with otherwise():
        c = say.options(id="c")("c")
    return say.options(id="end")(merge(b, c))


@pipeline
def after_a_skipped_call_means_after_its_branch(auc: float = 0.1) -> None:
    s = score(auc)
    with when(s["good"]):
        a = say.options(id="a")("a")
    say.options(id="end", after=[a])("end")


@pipeline
def two_independent_branches(x: float = 0.9, y: float = 0.1) -> None:
    a = score.options(id="left")(x)
    b = score.options(id="right")(y)
    with when(a["good"]):
        say.options(id="left_good")("l")
    with otherwise():
        say.options(id="left_bad")("l")
    with when(b["good"]):
        say.options(id="right_good")("r")
    with otherwise():
        say.options(id="right_bad")("r")


CASES = [
    Case(if_without_else, expect={"score": "succeeded", "say": "succeeded", "always": "succeeded"}),
    Case(
        if_without_else,
        name="if_without_else_skips",
        params={"auc": 0.5},
        expect={"score": "succeeded", "say": "skipped*0", "always": "succeeded"},
    ),
    Case(
        if_else_merge,
        expect={"score": "succeeded", "promote": "succeeded", "keep": "skipped", "report": "succeeded"},
        result="version: promoted",
    ),
    Case(
        if_else_merge,
        name="if_else_merge_other",
        params={"auc": 0.2},
        expect={"score": "succeeded", "promote": "skipped", "keep": "succeeded", "report": "succeeded"},
        result="version: kept",
    ),
    *[
        Case(elif_chain, name=f"elif_{r}", params={"auc": v}, result=r)
        for v, r in ((0.95, "great"), (0.7, "fine"), (0.4, "poor"), (0.1, "bad"))
    ],
    Case(nested, result="loose"),
    Case(nested, name="nested_strict", params={"strict": True, "auc": 0.9}, result="strict pass"),
    Case(nested, name="nested_strict_fail", params={"strict": True}, result="strict fail"),
    Case(
        nested,
        name="nested_outer_else",
        params={"auc": 0.1, "strict": True},
        expect={
            "score": "succeeded",
            "strict_pass": "skipped",
            "strict_fail": "skipped",
            "loose": "skipped",
            "down": "succeeded",
            "tell": "succeeded",
        },
        result="down",
    ),
    Case(merge_of_constant_and_outside, result="outside value"),
    Case(merge_of_constant_and_outside, name="merge_constant", params={"auc": 0.1}, result="constant"),
    Case(merge_of_constant_and_outside, name="merge_long_arm", params={"auc": 0.99}, result="third"),
    Case(merge_of_fields, result="fresh"),
    Case(merge_of_fields, name="merge_of_fields_text", params={"auc": 0.1}, result="was m"),
    Case(merged_none, expect={"score": "succeeded", "maybe": "succeeded=null", "other": "skipped", "end": "succeeded"}),
    Case(empty_else, result="none"),
    Case(empty_else, name="empty_else_taken", params={"auc": 0.9}, result="new"),
    Case(
        conditions_of_all_kinds,
        expect={"combined": "succeeded", "not_in": "skipped", "unequal": "skipped", "bounds": "succeeded"},
    ),
    Case(
        conditions_of_all_kinds,
        name="conditions_other",
        params={"n": 2, "name": "a"},
        expect={"combined": "skipped", "not_in": "succeeded", "unequal": "succeeded", "bounds": "skipped"},
    ),
    Case(
        capture_fails,
        "failed",
        {
            "score": "succeeded",
            "fails": "failed",
            "uses": "blocked",
            "does_not_use": "blocked",
            "other": "blocked",
            "beside": "succeeded",
            "end": "blocked",
        },
        result=None,
    ),
    Case(
        taken_arm_fails,
        "failed",
        {
            "score": "succeeded",
            "bad": "failed",
            "below": "blocked",
            "fine": "succeeded",
            "other": "skipped",
            "other_below": "skipped",
            "blocked_end": "blocked",
            "good_end": "succeeded",
        },
        result="fine",
    ),
    Case(
        condition_cannot_be_evaluated,
        "failed",
        {
            "lookup": "succeeded",
            "if_yes": "failed*0",
            "yes": "blocked",
            "no": "blocked",
            "end": "blocked",
            "beside": "succeeded",
        },
    ),
    Case(condition_fails, "failed", {"fails": "failed", "yes": "blocked", "no": "blocked", "beside": "succeeded"}),
    Case(branch_after_branch, result="b"),
    Case(branch_after_branch, name="branch_after_taken_branch", params={"auc": 0.95}, result="b"),
    Case(
        after_a_skipped_call_means_after_its_branch, expect={"score": "succeeded", "a": "skipped", "end": "succeeded"}
    ),
    Case(
        two_independent_branches,
        expect={
            "left": "succeeded",
            "right": "succeeded",
            "left_good": "succeeded",
            "left_bad": "skipped",
            "right_good": "skipped",
            "right_bad": "succeeded",
        },
    ),
]
