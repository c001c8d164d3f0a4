"""What is otherwise in one release of Airflow than in another, as far as the probes meet it: 2.9 to 3.3.

Standard library and Airflow only.
"""

import importlib


def numbers():
    """Major and minor version of the Airflow that runs this."""
    from airflow import __version__

    return tuple(int(part) for part in __version__.split(".")[:2])


def first(*places):
    """What the first of these places that there is holds: `module:name`."""
    for place in places:
        module, _, name = place.partition(":")
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"this Airflow has none of {', '.join(places)}")


def dag_class():
    return first("airflow.sdk:DAG", "airflow.models.dag:DAG")


def operator_class():
    return first("airflow.sdk:BaseOperator", "airflow.models.baseoperator:BaseOperator")


def mapped_class():
    return first(
        "airflow.sdk.definitions.mappedoperator:MappedOperator", "airflow.models.mappedoperator:MappedOperator"
    )


def dag_context():
    """Where Airflow keeps the DAGs that a file makes without giving them a name."""
    return first("airflow.sdk.definitions._internal.contextmanager:DagContext", "airflow.models.dag:DagContext")


def listeners():
    """The manager of the listeners that are told of task instances in this process."""
    return first("airflow.sdk.listener:get_listener_manager", "airflow.listeners.listener:get_listener_manager")()


UNSCHEDULED = {"schedule": None}
"""What a DAG is told that has no schedule: without it, Airflow 2 has one by default."""


def not_set():
    """What stands for a param that has no value."""
    return first(
        "airflow.sdk.definitions._internal.types:NOTSET",
        "airflow.serialization.definitions.notset:NOTSET",
        "airflow.utils.types:NOTSET",
    )


def test(dag, when, conf):
    """Run a DAG in this process. Gives its run."""
    if numbers() >= (3, 0):
        return dag.test(logical_date=when, run_conf=conf)
    if numbers() < (2, 10):
        _count_tries()
    return dag.test(execution_date=when, run_conf=conf)


def _count_tries():
    """`dag.test()` of Airflow 2.9 leaves counting to what it does not call: a task would be at its first try for ever."""
    from sqlalchemy import and_, update

    TaskInstance = first("airflow.models.taskinstance:TaskInstance")
    run, table = TaskInstance._run_raw_task, TaskInstance.__table__
    if hasattr(run, "counts"):
        return

    def counting(self, *args, **kwargs):
        if not self.next_method:  # a task that goes on after it was deferred is at the same try
            this = and_(*(column == getattr(self, column.name) for column in table.primary_key))
            # Of a task that is not running, Airflow 2.9 gives the number of the next try.
            more = {"try_number": table.c.try_number + 1, "state": "running"}
            kwargs["session"].execute(update(table).where(this).values(more))
        return run(self, *args, **kwargs)

    counting.counts = True
    TaskInstance._run_raw_task = counting


def tries(row):
    """How often a task instance was begun."""
    return row.try_number if numbers() >= (2, 10) else row._try_number


def date_of(run):
    return run.logical_date if numbers() >= (3, 0) else run.execution_date


def synchronise(dag):
    """Write one DAG to the metadata database: `dag.test()` of Airflow 3 does so by reading a whole folder of files."""
    from airflow.utils.session import create_session

    if numbers() < (3, 0):
        dag.validate()
        with create_session() as session:
            dag.sync_to_db(session=session)
            first("airflow.models.serialized_dag:SerializedDagModel").write_dag(dag, session=session)
        return
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.collection import update_dag_parsing_results_in_db

    LazyDeserializedDAG = first("airflow.serialization.serialized_objects:LazyDeserializedDAG")
    dag.validate()
    if numbers() >= (3, 1):
        dag.check_cycle()
    else:
        first("airflow.utils.dag_cycle_tester:check_cycle")(dag)
    errors = {}
    with create_session() as session:
        DagBundlesManager().sync_bundles_to_db(session=session)
        session.commit()
        if numbers() >= (3, 1):
            dags = [LazyDeserializedDAG.from_dag(dag)]
        else:
            SerializedDAG = first("airflow.serialization.serialized_objects:SerializedDAG")
            dags = [LazyDeserializedDAG(data=SerializedDAG.to_dict(dag))]
        more = () if numbers() < (3, 1) else (None,)  # how long parsing took
        update_dag_parsing_results_in_db("dags-folder", None, dags, errors, *more, set(), session=session)
    if errors:
        raise ValueError("; ".join(str(error).strip().splitlines()[-1] for error in errors.values()))


def handed_on():
    """The model of values that tasks hand on, and what reads one from its row."""
    if numbers() < (3, 0):
        XCom = first("airflow.models.xcom:XCom")
        return XCom, XCom.deserialize_value
    deserialize = first("airflow.sdk.serde:deserialize", "airflow.serialization.serde:deserialize")
    # Its own `deserialize_value` would read text that looks like JSON.
    return first("airflow.models.xcom:XComModel"), lambda row: deserialize(row.value)


def history():
    """The model of earlier tries of task instances; None before 2.10, which keeps none."""
    try:
        return first("airflow.models.taskinstancehistory:TaskInstanceHistory")
    except ImportError:
        return None
