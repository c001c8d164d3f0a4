"""A DAG with much that only Airflow has."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import BranchPythonOperator, PythonOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.filesystem import FileSensor
from airflow.sdk import DAG, BaseHook, Param, TaskGroup, Variable, task


def page(context):
    print("page someone")


def load(ti):
    print(Variable.get("bucket"), BaseHook.get_connection("warehouse").host)
    ti.xcom_push(key="rows", value=3)


def choose(ti):
    return "checks.small" if ti.xcom_pull(task_ids="load", key="rows") < 5 else "checks.large"


with DAG(
    "rich",
    schedule="30 2 * * 1-5",
    start_date=datetime(2026, 1, 1),
    end_date=datetime(2030, 1, 1),
    catchup=True,
    max_active_runs=1,
    max_active_tasks=4,
    dagrun_timeout=timedelta(hours=2),
    default_args={
        "owner": "data",
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "depends_on_past": True,
        "on_failure_callback": page,
    },
    params={"day": Param("2026-01-01", type="string"), "limit": 10},
    tags=["etl"],
    on_success_callback=page,
) as dag:
    wait = FileSensor(task_id="wait", filepath="/data/in.csv", poke_interval=30, mode="reschedule", timeout=3600)
    load_ = PythonOperator(
        task_id="load",
        python_callable=load,
        pool="db",
        pool_slots=2,
        priority_weight=5,
        queue="large",
        retry_exponential_backoff=True,
        max_retry_delay=timedelta(minutes=15),
        execution_timeout=timedelta(minutes=30),
    )
    branch = BranchPythonOperator(task_id="branch", python_callable=choose, retries=0)
    with TaskGroup("checks") as checks:
        small = EmptyOperator(task_id="small")
        large = BashOperator(task_id="large", bash_command="echo {{ var.value.threshold }} {{ conn.warehouse.host }}")

    @task(retries=1, max_active_tis_per_dagrun=2)
    def double(n):
        return 2 * n

    doubled = double.expand(n=[1, 2, 3])
    report = BashOperator(
        task_id="report",
        bash_command="echo {{ ds }} {{ ti.xcom_pull(task_ids='load', key='rows') }}",
        trigger_rule="none_failed_min_one_success",
        wait_for_downstream=True,
    )
    follow = TriggerDagRunOperator(task_id="follow", trigger_dag_id="downstream")
    wait >> load_ >> branch >> [small, large] >> report >> follow
    load_ >> doubled
