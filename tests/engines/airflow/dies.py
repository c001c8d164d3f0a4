"""A DAG whose task takes the whole process with it, hangs, never stops to print, or starts workers."""

import multiprocessing
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
        if params["how"] == "pool":
            with multiprocessing.get_context("spawn").Pool(2) as pool:
                return pool.map(abs, [-1, 2])
        while params["how"] == "flood":
            print("and on " * 1000)
        subprocess.Popen(["sleep", "4321"], start_new_session=True)
        time.sleep(600)

    end()
