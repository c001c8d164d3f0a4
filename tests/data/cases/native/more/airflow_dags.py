"""DAGs of many kinds."""

from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Param, TaskGroup, task, task_group

START = datetime(2026, 1, 1)

with DAG("groups", schedule=None, start_date=START):
    start, end = EmptyOperator(task_id="start"), EmptyOperator(task_id="end")

    @task
    def sizes():
        return [1, 2, 3]

    @task_group
    def work(n):
        @task
        def double(n):
            return 2 * n

        @task
        def show(n):
            return f"got {n}"

        show(double(n))

    start >> work.expand(n=sizes()) >> end

with DAG("handed", schedule=None, start_date=START):

    @task(multiple_outputs=True)
    def split():
        return {"left": 1, "right": 2.5}

    @task(do_xcom_push=False)
    def quiet():
        return 3

    def measure(ti):
        ti.xcom_push(key="auc", value=1)
        ti.xcom_push(key="noise", value="x")

    found = split()
    said = BashOperator(task_id="said", bash_command="echo hello")
    PythonOperator(task_id="measure", python_callable=measure) >> said >> quiet()

with DAG("made", schedule=None, start_date=START):

    def score(w):
        return w * 1.0

    before = None
    for w in (1, 2, 3):
        now = PythonOperator(task_id=f"score_{w}", python_callable=score, op_args=[w])
        if before:
            before >> now
        before = now

with DAG("again", schedule=None, start_date=START):

    @task
    def check(table):
        return f"{table} is fine"

    check("a") >> check("b") >> check("c")

with DAG("short", schedule=None, start_date=START):

    @task.short_circuit
    def go_on():
        return False

    @task
    def rest():
        return 1

    with TaskGroup("deep") as deep:
        with TaskGroup("deeper"):

            @task
            def inner():
                return "in"

            inner()

    go_on() >> rest()

with DAG("required", schedule=None, start_date=START, params={"name": Param(type="string"), "times": 2}):

    @task
    def greet(params=None):
        return params["name"] * params["times"]

    greet()
