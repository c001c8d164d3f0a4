from datetime import datetime, timedelta

from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator

from airflow import DAG


def ingest(ds, ti):
    ti.xcom_push(key="rows", value=3)
    return {"day": ds}


def score(ti):
    return ti.xcom_pull(key="rows") * 0.5


def shaky(ti):
    if ti.try_number < 2:
        raise ValueError("not yet")
    return "done"


with DAG(
    "releases",
    schedule_interval="0 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"owner": "team"},
) as dag:
    one = PythonOperator(task_id="ingest", python_callable=ingest)
    two = PythonOperator(task_id="score", python_callable=score)
    gate = BranchPythonOperator(task_id="gate", python_callable=lambda: "day")
    day = BashOperator(task_id="day", bash_command="echo {{ execution_date.strftime('%Y-%m-%d') }}")
    night = EmptyOperator(task_id="night")
    last = PythonOperator(task_id="shaky", python_callable=shaky, retries=1, retry_delay=timedelta(seconds=1))
    one >> two >> gate >> [day, night]
    day >> last
