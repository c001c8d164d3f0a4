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
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from prefect import flow, task, unmapped
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run
from prefect.states import Failed
from pydantic import Field, StrictFloat, StrictInt, StrictStr, TypeAdapter
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


DEFAULT_VARIANTS: list[Any] = [
    {"name": "scorecard", "algorithm": "logistic", "options": {"C": 0.05}},
    {"name": "forest", "algorithm": "forest", "options": {"min_samples_leaf": 4}},
    {"name": "boosted", "algorithm": "boosting", "options": {"learning_rate": 0.05}},
]


# golden: shared/json_io.py


# golden: shared/unfinished.py


ingest_task = task(
    json_io(ingest),
    name="ingest",
    retries=2,
    retry_delay_seconds=[10, 20],
)
validate_task = task(json_io(validate), name="validate")
build_features_task = task(json_io(build_features), name="build_features")
split_data_task = task(json_io(split_data), name="split_data")
current_production_task = task(json_io(current_production), name="current_production")
select_task = task(json_io(select), name="select")
compare_task = task(json_io(compare), name="compare")
register_task = task(json_io(register), name="register")
deploy_task = task(json_io(deploy), name="deploy", retries=2, retry_delay_seconds=5)
keep_task = task(json_io(keep), name="keep")


@task(name="train", task_run_name="train[{index}]", timeout_seconds=600)
def train_task(data, variant, seed, index):
    """Fit one variant."""
    return json_io(train)(data=data["train"], variant=variant, seed=seed)


@task(name="evaluate", task_run_name="evaluate[{index}]")
def evaluate_task(model, data, index):
    """How well a model ranks applicants: ROC area and Kolmogorov-Smirnov distance."""
    return json_io(evaluate)(model=model, data=data["test"])


@task(name="notify", retries=1, retry_delay_seconds=5)
def notify_task(day, state):
    """Tell the team; here a log file stands for its chat."""
    return json_io(notify)(text=f"credit scoring of {day}: {state}")


@flow(name="credit_scoring")
def credit_scoring(
    source: StrictStr = "german_credit.csv",
    variants: list[dict[StrictStr, Any]] = DEFAULT_VARIANTS,
    metric: Literal["auc", "ks"] = "auc",
    margin: Annotated[StrictFloat | StrictInt, Field(ge=0, le=0.5)] = 0.005,
    min_auc: Annotated[StrictFloat | StrictInt, Field(ge=0.5, le=1)] = 0.7,
    test_share: Annotated[StrictFloat | StrictInt, Field(ge=0.1, le=0.5)] = 0.3,
    seed: Annotated[StrictInt, Field(ge=0)] = 42,
):
    """Retrain the credit scoring model, and deploy it when it beats production."""
    scheduled = flow_run.scheduled_start_time
    day = scheduled.astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%d")
    runs: list[Any] = []
    ingest = ingest_task.submit(source, day)
    validate = validate_task.submit(ingest)
    build_features = build_features_task.submit(ingest, wait_for=[validate])
    split_data = split_data_task.submit(build_features, test_share, seed)
    current_production = current_production_task.submit(day)
    if stopped := unfinished(split_data):
        evaluate = stopped
    else:
        train = train_task.map(
            unmapped(split_data),
            variants,
            unmapped(seed),
            index=range(len(variants)),
        )
        evaluate = evaluate_task.map(
            train,
            unmapped(split_data),
            index=range(len(variants)),
        )
        runs += [train, evaluate]
    select = select_task.submit(evaluate, metric)
    compare = compare_task.submit(select, current_production)
    if stopped := unfinished(select, compare, current_production):
        version = stopped
    elif select.result()["auc"] >= min_auc and compare.result() >= margin:
        register = register_task.submit(select, day)
        deploy = deploy_task.submit(register, day)
        version = deploy
        runs += [register, deploy]
    else:
        keep = keep_task.submit(current_production)
        version = keep
        runs += [keep]
    runs += [
        ingest,
        validate,
        build_features,
        split_data,
        current_production,
        select,
        compare,
    ]
    failed = unfinished(runs)
    notify = notify_task.submit(day, "failed" if failed else "succeeded")
    failed += unfinished(notify)
    if failed:
        return Failed(message=f"{len(failed)} task runs did not complete")
    return version.result()


if __name__ == "__main__":
    credit_scoring()
