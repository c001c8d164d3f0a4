from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import BranchPythonOperator, PythonOperator

from airflow.sdk import DAG


def ingest(ds, ti):
    ti.xcom_push(key="rows", value=3)
    return {"day": ds}


def score(ti):
    return ti.xcom_pull(task_ids="ingest", key="rows") * 0.5


def shaky(ti):
    if ti.try_number < 2:
        raise ValueError("not yet")
    return "done"


with DAG(
    "releases",
    schedule="0 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"owner": "team"},
) as dag:
    one = PythonOperator(task_id="ingest", python_callable=ingest)
    two = PythonOperator(task_id="score", python_callable=score)
    gate = BranchPythonOperator(task_id="gate", python_callable=lambda: "day")
    day = BashOperator(task_id="day", bash_command="echo {{ logical_date.strftime('%Y-%m-%d') }}")
    night = EmptyOperator(task_id="night")
    last = PythonOperator(task_id="shaky", python_callable=shaky, retries=1, retry_delay=timedelta(seconds=1))
    one >> two >> gate >> [day, night]
    day >> last
