"""Retrain a credit scoring model every working day; deploy it when it beats production.

The worker needs `joblib` and `scikit-learn`; files are kept under `CREDIT_HOME`.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from prefect import flow, task, unmapped
from prefect.client.schemas.objects import State
from prefect.futures import wait
from prefect.runtime import flow_run
from prefect.states import Failed
from pydantic import Field
from typing_extensions import TypedDict

TIMEZONE = "Europe/Berlin"

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


VARIANTS: list[Variant] = [
    {"name": "scorecard", "algorithm": "logistic", "options": {"C": 0.05}},
    {"name": "forest", "algorithm": "forest", "options": {"min_samples_leaf": 4}},
    {"name": "boosted", "algorithm": "boosting", "options": {"learning_rate": 0.05}},
]


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


@task(retries=2, retry_delay_seconds=[10, 20])
def ingest(source: str, day: str) -> str:
    """Copy the day's applications: everything after works on this one snapshot."""
    snapshot = f"runs/{day}/applications.csv"
    data = Path(os.environ.get("CREDIT_DATA", "examples/data"))
    (home() / snapshot).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(data / source, home() / snapshot)
    return snapshot


@task
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


@task
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


@task
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


@task(timeout_seconds=600)
def train(data: Split, variant: Variant, seed: int) -> str:
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
    x, y = joblib.load(home() / data["train"])
    estimator = algorithm(random_state=seed, **variant["options"])
    model = beside(data["train"], f"{variant['name']}.joblib")
    joblib.dump(make_pipeline(StandardScaler(), estimator).fit(x, y), home() / model)
    return model


@task
def evaluate(model: str, data: Split) -> Score:
    """How well a model ranks applicants: ROC area and Kolmogorov-Smirnov distance."""
    import joblib
    from sklearn.metrics import roc_auc_score, roc_curve

    x, y = joblib.load(home() / data["test"])
    risk = joblib.load(home() / model).predict_proba(x)[:, 1]
    false_alarms, caught, _ = roc_curve(y, risk)
    return {
        "name": Path(model).stem,
        "model": model,
        "auc": round(float(roc_auc_score(y, risk)), 6),
        "ks": round(float(max(caught - false_alarms)), 6),
    }


@task
def select(scores: list[Score], metric: Literal["auc", "ks"]) -> Score:
    """The best variant; the first of equals."""
    return max(scores, key=lambda score: score[metric])


@task
def current_production(day: str) -> Release:
    """The last release before this day: running a day again decides the same."""
    releases = deployments()
    earlier = [deployed for deployed in releases if deployed < day]
    return releases[max(earlier)] if earlier else {"version": "none", "auc": 0.5}


@task
def compare(best: Score, production: Release) -> float:
    """How much better the best variant ranks applicants than the production model."""
    return round(best["auc"] - production["auc"], 6)


@task
def register(best: Score, day: str) -> Release:
    """Keep the model for good, under a version of its own."""
    release: Release = {"version": f"{day}-{best['name']}", "auc": best["auc"]}
    kept = home() / "registry" / f"{release['version']}.joblib"
    kept.parent.mkdir(exist_ok=True)
    shutil.copyfile(home() / best["model"], kept)
    return release


@task(retries=2, retry_delay_seconds=5)
def deploy(release: Release, day: str) -> str:
    """Make the release the production model from this day on."""
    index = home() / "registry" / "deployed.json"
    index.write_text(json.dumps(deployments() | {day: release}, indent=2))
    return release["version"]


@task
def keep(production: Release) -> str:
    """Leave production as it is."""
    return production["version"]


@task(retries=1, retry_delay_seconds=5)
def notify(text: str) -> None:
    """Tell the team; here a log file stands for its chat."""
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "notifications.log").open("a", encoding="utf-8") as log:
        log.write(text + "\n")


@flow(name="credit_scoring")
def credit_scoring(
    source: str = "german_credit.csv",
    variants: list[Variant] = VARIANTS,
    metric: Literal["auc", "ks"] = "auc",
    margin: Annotated[float, Field(ge=0, le=0.5)] = 0.005,
    min_auc: Annotated[float, Field(ge=0.5, le=1)] = 0.7,
    test_share: Annotated[float, Field(ge=0.1, le=0.5)] = 0.3,
    seed: Annotated[int, Field(ge=0)] = 42,
) -> str | State[Any]:
    """Retrain the credit scoring model, and deploy it when it beats production."""
    tick = flow_run.scheduled_start_time.astimezone(ZoneInfo(TIMEZONE))
    day = tick.date().isoformat()

    production = current_production.submit(day)
    applications = ingest.submit(source, day)
    quality = validate.submit(applications)
    features = build_features.submit(applications, wait_for=[quality])
    data = split_data.submit(features, test_share, seed)
    models = train.map(unmapped(data), variants, unmapped(seed))
    scores = evaluate.map(models, unmapped(data))
    best = select.submit(scores, metric)
    lift = compare.submit(best, production)
    futures = [production, applications, quality, features, data]
    futures += [*models, *scores, best, lift]

    lift.wait()
    if lift.state.is_completed():
        if best.result()["auc"] >= min_auc and lift.result() >= margin:
            release = register.submit(best, day)
            version = deploy.submit(release, day)
            futures += [release, version]
        else:
            version = keep.submit(production)
            futures.append(version)

    # Nothing above may raise: the team is told when all has ended, however it ended.
    wait(futures)
    state = "succeeded" if all(f.state.is_completed() for f in futures) else "failed"
    told = notify.submit(f"credit scoring of {day}: {state}")
    futures.append(told)
    told.wait()
    if failed := [future for future in futures if not future.state.is_completed()]:
        return Failed(message=f"{len(failed)} task run(s) did not complete")
    return version.result()


if __name__ == "__main__":
    credit_scoring()
