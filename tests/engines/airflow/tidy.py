"""A hand-written DAG that reads a module beside it, a variable and a folder of the caller."""

import os

import pendulum
from airflow.sdk import DAG, Param, task
from beside import greeting
from elsewhere import NAME

with DAG(
    dag_id="tidy",
    schedule="@daily",
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    catchup=True,
    params={"times": Param(1, type="integer", minimum=0)},
) as dag:

    @task
    def greet(params=None):
        return [f"{greeting()} {NAME} {os.environ['WHOM']}"] * params["times"]

    greet()
