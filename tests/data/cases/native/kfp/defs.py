"""Pipelines of the SDK as they are written by hand."""
from kfp import compiler, dsl


@dsl.component
def one() -> int:
    return 1


@dsl.component
def twice(n: int) -> int:
    return 2 * n


@dsl.component
def write(data: dsl.Output[dsl.Dataset]):
    with open(data.path, "w") as f:
        f.write("1,2")


@dsl.component
def read(data: dsl.Input[dsl.Dataset]) -> str:
    with open(data.path) as f:
        return f.read()


@dsl.container_component
def say(text: str):
    return dsl.ContainerSpec(image="alpine", command=["echo"], args=[text])


@dsl.component(packages_to_install=["cowsay==6.1"])
def moo() -> str:
    import cowsay

    return "moo"


@dsl.pipeline(name="single")
def single():
    twice(n=one().output)


@dsl.pipeline(name="gate")
def gate():
    a = one()
    with dsl.If(a.output == 2):
        twice(n=a.output)


@dsl.pipeline(name="files")
def files():
    read(data=write().outputs["data"])


@dsl.pipeline(name="boxes")
def boxes():
    say(text="hi")


@dsl.pipeline(name="extras")
def extras():
    moo()


@dsl.pipeline(name="loop")
def loop():
    with dsl.ParallelFor([1, 2, 3]) as n:
        twice(n=n)


for one_pipeline in (single, gate, files, boxes, extras, loop):
    compiler.Compiler().compile(one_pipeline, f"{one_pipeline.name}.yaml")
