from kfp import dsl


@dsl.component(base_image="python:3.12")
def score(auc: float) -> float:
    return auc


@dsl.component(base_image="python:3.12")
def say(text: str) -> str:
    return text


@dsl.pipeline(name="elif-chain")
def elif_chain(auc: float = 0.7):
    scored = score(auc=auc)
    with dsl.If(scored.output > 0.9):
        say(text="great")
    with dsl.Elif(scored.output > 0.6):
        say(text="fine")
    with dsl.Elif(scored.output >= 0.3):
        say(text="poor")
    with dsl.Else():
        say(text="bad")
