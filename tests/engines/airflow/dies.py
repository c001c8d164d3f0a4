"""A DAG whose task takes the whole process with it, hangs, or never stops to print."""

import os
import subprocess
import time

import pendulum
from airflow.sdk import DAG, Param, task

with DAG(
    dag_id="dies",
    schedule=None,
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    params={"how": Param("exit", type="string")},
) as dag:

    @task
    def end(params=None):
        print("last words", flush=True)
        if params["how"] == "exit":
            os._exit(7)
        while params["how"] == "flood":
            print("and on " * 1000)
        subprocess.Popen(["sleep", "4321"], start_new_session=True)
        time.sleep(600)

    end()
