from kfp import dsl


@dsl.component(base_image="python:3.12")
def extract(n: int) -> int:
    return n


@dsl.component(base_image="python:3.12")
def clean(x: int) -> int:
    return x


@dsl.component(base_image="python:3.12")
def say(text: str) -> str:
    return text


@dsl.pipeline(name="retries-resources")
def retries_resources(n: int = 3):
    extracted = extract(n=n).set_retry(num_retries=2, backoff_duration="10s", backoff_factor=1.0)
    cleaned = clean(x=extracted.output).set_cpu_request("500m")
    cleaned.set_memory_request("1Gi").set_memory_limit("1Gi")
    cleaned.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(1)
    say(text="done").after(extracted)
