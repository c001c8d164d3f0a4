"""Retrain the credit scoring model, and deploy it when it beats production."""

# Made by pipeglot from pipeline "credit_scoring", digest 1f83992b1166.

import csv
import functools
import json
import os
import shutil
import traceback
import typing
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronTriggerTimetable, Param, TriggerRule, task, task_group
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict

POSITIVE = ("months", "amount", "age")
NUMBERS = (*POSITIVE, "installment_rate", "residence_years", "credits", "dependants")
LABELS = ("checking", "history", "purpose", "savings", "employed", "housing")


class Quality(TypedDict):
    rows: int
    default_rate: float


class Split(TypedDict):
    train: str
    test: str


class Variant(TypedDict):
    name: str
    algorithm: Literal["logistic", "forest", "boosting"]
    options: dict[str, int | float]


class Score(TypedDict):
    name: str
    model: str
    auc: float
    ks: float


class Release(TypedDict):
    version: str
    auc: float


def home() -> Path:
    return Path(os.environ.get("CREDIT_HOME", "credit_home"))


def beside(path: str, name: str) -> str:
    return Path(path).with_name(name).as_posix()


def read_rows(path: str) -> list[dict[str, str]]:
    with (home() / path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def deployments() -> dict[str, Release]:
    """What was deployed, by day."""
    index = home() / "registry" / "deployed.json"
    found: dict[str, Release] = json.loads(index.read_text()) if index.exists() else {}
    return found


def ingest(source: str, day: date) -> str:
    """Copy the day's applications: everything after works on this one snapshot."""
    snapshot = f"runs/{day}/applications.csv"
    data = Path(os.environ.get("CREDIT_DATA", "examples/data"))
    (home() / snapshot).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(data / source, home() / snapshot)
    return snapshot


def validate(applications: str) -> Quality:
    """Refuse data that no model should learn from, and say where it is bad."""
    rows = read_rows(applications)
    problems = []
    for line, row in enumerate(rows, start=2):
        bad = [name for name in POSITIVE if not row[name].isdigit() or row[name] == "0"]
        bad += [] if row["defaulted"] in ("0", "1") else ["defaulted"]
        problems += [f"line {line}: {name} is {row[name]!r}" for name in bad]
    if problems:
        raise ValueError(f"{len(problems)} bad values: " + "; ".join(problems[:5]))
    defaults = sum(row["defaulted"] == "1" for row in rows)
    return {"rows": len(rows), "default_rate": round(defaults / len(rows), 6)}


def build_features(applications: str) -> str:
    """Numbers as they are, labels one-hot, and what the loan costs a month."""
    import joblib
    from sklearn.feature_extraction import DictVectorizer

    rows = read_rows(applications)
    records: list[dict[str, float | str]] = [
        {name: float(row[name]) for name in NUMBERS}
        | {name: row[name] for name in LABELS}
        | {"monthly": float(row["amount"]) / float(row["months"])}
        for row in rows
    ]
    matrix = DictVectorizer(sparse=False).fit_transform(records)
    features = beside(applications, "features.joblib")
    joblib.dump((matrix, [int(row["defaulted"]) for row in rows]), home() / features)
    return features


def split_data(features: str, test_share: float, seed: int) -> Split:
    """Hold out a share of the applications, with the same default rate in both."""
    import joblib
    from sklearn.model_selection import train_test_split

    x, y = joblib.load(home() / features)
    how = {"test_size": test_share, "random_state": seed, "stratify": y}
    x_train, x_test, y_train, y_test = train_test_split(x, y, **how)
    train, test = beside(features, "train.joblib"), beside(features, "test.joblib")
    joblib.dump((x_train, y_train), home() / train)
    joblib.dump((x_test, y_test), home() / test)
    return {"train": train, "test": test}


def train(data: str, variant: Variant, seed: int) -> str:
    """Fit one variant."""
    import joblib
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    algorithm = {
        "logistic": LogisticRegression,
        "forest": RandomForestClassifier,
        "boosting": GradientBoostingClassifier,
    }[variant["algorithm"]]
    x, y = joblib.load(home() / data)
    estimator = algorithm(random_state=seed, **variant["options"])
    model = beside(data, f"{variant['name']}.joblib")
    joblib.dump(make_pipeline(StandardScaler(), estimator).fit(x, y), home() / model)
    return model


def evaluate(model: str, data: str) -> Score:
    """How well a model ranks applicants: ROC area and Kolmogorov-Smirnov distance."""
    import joblib
    from sklearn.metrics import roc_auc_score, roc_curve

    x, y = joblib.load(home() / data)
    risk = joblib.load(home() / model).predict_proba(x)[:, 1]
    false_alarms, caught, _ = roc_curve(y, risk)
    return {
        "name": Path(model).stem,
        "model": model,
        "auc": round(float(roc_auc_score(y, risk)), 6),
        "ks": round(float(max(caught - false_alarms)), 6),
    }


def select(scores: list[Score], metric: Literal["auc", "ks"]) -> Score:
    """The best variant; the first of equals."""
    return max(scores, key=lambda score: score[metric])


def current_production(day: date) -> Release:
    """The last release before this day: running a day again decides the same."""
    releases = deployments()
    earlier = [deployed for deployed in releases if deployed < f"{day}"]
    return releases[max(earlier)] if earlier else {"version": "none", "auc": 0.5}


def compare(best: Score, production: Release) -> float:
    """How much better the best variant ranks applicants than the production model."""
    return round(best["auc"] - production["auc"], 6)


def register(best: Score, day: date) -> Release:
    """Keep the model for good, under a version of its own."""
    release: Release = {"version": f"{day}-{best['name']}", "auc": best["auc"]}
    kept = home() / "registry" / f"{release['version']}.joblib"
    kept.parent.mkdir(exist_ok=True)
    shutil.copyfile(home() / best["model"], kept)
    return release


def deploy(release: Release, day: date) -> str:
    """Make the release the production model from this day on."""
    index = home() / "registry" / "deployed.json"
    index.write_text(json.dumps(deployments() | {f"{day}": release}, indent=2))
    return release["version"]


def keep(production: Release) -> str:
    """Leave production as it is."""
    return production["version"]


def notify(text: str) -> None:
    """Tell the team; here a log file stands for its chat."""
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "notifications.log").open("a", encoding="utf-8") as log:
        log.write(text + "\n")


# golden: shared/json_io.py


def run_day(dag_run):
    """The run's day; without a logical date, that of its start."""
    when = dag_run.logical_date or dag_run.run_after
    return when.astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%d")


with DAG(
    dag_id="credit_scoring",
    description="Retrain the credit scoring model, and deploy it when it beats production.",
    schedule=CronTriggerTimetable("0 6 * * 1-5", timezone="Europe/Berlin"),
    catchup=False,
    max_active_runs=1,
    params={
        "source": Param("german_credit.csv", type="string"),
        "variants": Param(
            [
                {"name": "scorecard", "algorithm": "logistic", "options": {"C": 0.05}},
                {
                    "name": "forest",
                    "algorithm": "forest",
                    "options": {"min_samples_leaf": 4},
                },
                {
                    "name": "boosted",
                    "algorithm": "boosting",
                    "options": {"learning_rate": 0.05},
                },
            ],
            type="array",
            items={
                "properties": {
                    "name": {"type": "string"},
                    "algorithm": {
                        "enum": ["logistic", "forest", "boosting"],
                        "type": "string",
                    },
                    "options": {
                        "additionalProperties": {"type": "number"},
                        "type": "object",
                    },
                },
                "required": ["name", "algorithm", "options"],
                "type": "object",
            },
        ),
        "metric": Param("auc", type="string", enum=["auc", "ks"]),
        "margin": Param(0.005, type="number", maximum=0.5, minimum=0),
        "min_auc": Param(0.7, type="number", maximum=1, minimum=0.5),
        "test_share": Param(0.3, type="number", maximum=0.5, minimum=0.1),
        "seed": Param(42, type="integer", minimum=0),
    },
    default_args={"owner": "credit-risk"},
    tags=["credit", "training"],
) as dag:

    @task(
        task_id="ingest",
        retries=2,
        retry_delay=timedelta(seconds=10),
        retry_exponential_backoff=2.0,
    )
    def ingest_task(params=None, dag_run=None):
        return json_io(ingest)(source=params["source"], day=run_day(dag_run))

    @task(task_id="validate")
    def validate_task(ingest_out):
        return json_io(validate)(applications=ingest_out)

    @task(task_id="build_features")
    def build_features_task(ingest_out):
        return json_io(build_features)(applications=ingest_out)

    @task(task_id="split_data")
    def split_data_task(build_features_out, params=None):
        return json_io(split_data)(
            features=build_features_out,
            test_share=params["test_share"],
            seed=params["seed"],
        )

    @task(task_id="current_production")
    def current_production_task(dag_run=None):
        return json_io(current_production)(day=run_day(dag_run))

    @task(task_id="each_variant_items")
    def each_variant_items_task(params=None):
        return params["variants"]

    @task(task_id="train", execution_timeout=timedelta(minutes=10))
    def train_task(split_data_out, each_variant, params=None):
        return json_io(train)(
            data=split_data_out["train"],
            variant=each_variant,
            seed=params["seed"],
        )

    @task(task_id="evaluate")
    def evaluate_task(train_out, split_data_out):
        return json_io(evaluate)(model=train_out, data=split_data_out["test"])

    @task(task_id="evaluate_list", trigger_rule=TriggerRule.NONE_FAILED)
    def evaluate_list_task(each_variant_items, ti=None):
        return ti.xcom_pull("evaluate", map_indexes=range(len(each_variant_items)))

    @task(task_id="select")
    def select_task(evaluate_list, params=None):
        return json_io(select)(scores=evaluate_list, metric=params["metric"])

    @task(task_id="compare")
    def compare_task(select_out, current_production_out):
        return json_io(compare)(best=select_out, production=current_production_out)

    @task.branch(task_id="if_register")
    def if_register_task(select_out, compare_out, params=None):
        if select_out["auc"] >= params["min_auc"] and compare_out >= params["margin"]:
            return "register"
        return "keep"

    @task(task_id="register")
    def register_task(select_out, dag_run=None):
        return json_io(register)(best=select_out, day=run_day(dag_run))

    @task(task_id="deploy", retries=2, retry_delay=timedelta(seconds=5))
    def deploy_task(register_out, dag_run=None):
        return json_io(deploy)(release=register_out, day=run_day(dag_run))

    @task(task_id="keep")
    def keep_task(current_production_out):
        return json_io(keep)(production=current_production_out)

    @task(task_id="version", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def version_task(deploy_out, keep_out):
        return next((v for v in [deploy_out, keep_out] if v is not None), None)

    @task(task_id="notify", retries=1, retry_delay=timedelta(seconds=5))
    def notify_task(ti=None, run_id=None, dag_run=None):
        leaves = ["version"]
        states = ti.get_task_states(ti.dag_id, task_ids=leaves, run_ids=[run_id])
        failed = {"failed", "upstream_failed"}.intersection(states[run_id].values())
        state = "failed" if failed else "succeeded"
        return json_io(notify)(text=f"credit scoring of {run_day(dag_run)}: {state}")

    ingest_out = ingest_task()
    validate_out = validate_task(ingest_out)
    build_features_out = build_features_task(ingest_out)
    split_data_out = split_data_task(build_features_out)
    current_production_out = current_production_task()
    each_variant_items = each_variant_items_task()

    @task_group(group_id="each_variant", prefix_group_id=False)
    def each_variant_group(each_variant):
        train_out = train_task(split_data_out, each_variant)
        return evaluate_task(train_out, split_data_out)

    each_variant_results = each_variant_group.expand(each_variant=each_variant_items)
    evaluate_list = evaluate_list_task(each_variant_items)
    select_out = select_task(evaluate_list)
    compare_out = compare_task(select_out, current_production_out)
    if_register = if_register_task(select_out, compare_out)
    register_out = register_task(select_out)
    deploy_out = deploy_task(register_out)
    keep_out = keep_task(current_production_out)
    version = version_task(deploy_out, keep_out)
    end = EmptyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)
    validate_out >> build_features_out
    split_data_out >> each_variant_items
    each_variant_results >> evaluate_list
    if_register >> [register_out, keep_out]
    version >> end
    # It runs whatever happened; `end`, beside it, keeps the state of the run.
    notify_out = notify_task().as_teardown(on_failure_fail_dagrun=True)
    [current_production_out, each_variant_results, select_out, version] >> notify_out


if __name__ == "__main__":
    dag.test()
