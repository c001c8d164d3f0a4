from kfp import dsl


@dsl.component(base_image="python:3.12")
def extract(n: int) -> int:
    return n


@dsl.component(base_image="python:3.12")
def clean(x: int) -> int:
    return x


@dsl.component(base_image="python:3.12")
def notify(text: str, status: dsl.PipelineTaskFinalStatus) -> str:
    return f"{text}: {status.state}"


@dsl.pipeline(name="exit-handler")
def exit_handler(n: int = 3):
    with dsl.ExitHandler(notify(text="the run")):
        clean(x=extract(n=n).output)
