"""A pipeline with much that only KFP has."""

from kfp import dsl


@dsl.component(packages_to_install=["cowsay==6.1"], base_image="python:3.12")
def load(rows: int) -> int:
    return rows


@dsl.component
def write(rows: int, data: dsl.Output[dsl.Dataset]):
    with open(data.path, "w") as file:
        file.write(str(rows))


@dsl.container_component
def say(text: str):
    return dsl.ContainerSpec(image="alpine:3.20", command=["echo"], args=[text])


@dsl.component
def tell():
    print("over")


@dsl.pipeline(name="rich")
def rich(rows: int = 10, text: str = "hi"):
    with dsl.ExitHandler(tell()):
        loaded = load(rows=rows)
        loaded.set_retry(num_retries=3, backoff_duration="10s", backoff_factor=2.0, backoff_max_duration="30s")
        loaded.set_cpu_request("500m").set_memory_request("2Gi").set_accelerator_type(
            "nvidia.com/gpu"
        ).set_accelerator_limit(1)
        write(rows=loaded.output).set_caching_options(False)
        with dsl.If(loaded.output > 5):
            say(text=text)
        with dsl.ParallelFor([1, 2, 3], parallelism=2) as n:
            load(rows=n)
