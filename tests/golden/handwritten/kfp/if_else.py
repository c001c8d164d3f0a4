from kfp import dsl


@dsl.component(base_image="python:3.12")
def score(auc: float) -> float:
    return auc


@dsl.component(base_image="python:3.12")
def say(text: str) -> str:
    return text


@dsl.pipeline(name="if-else")
def if_else(auc: float = 0.7):
    scored = score(auc=auc)
    with dsl.If(scored.output > 0.6):
        promoted = say(text="promoted")
    with dsl.Else():
        kept = say(text="kept")
    say(text=dsl.OneOf(promoted.output, kept.output))
