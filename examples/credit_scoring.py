"""Retrain a credit scoring model every working day; deploy it when it beats production.

Snapshot the applications, check them, train three variants side by side on one split,
score each on held-out applications, and compare the best with the production model. A
better one is registered and deployed; otherwise production stays. Whatever happens, the
team is told.

Values between steps are small JSON. Tables and models are files under the folder named
by `CREDIT_HOME` (default `credit_home`); the applications are read from the one named
by `CREDIT_DATA` (default `examples/data`). The model registry is a folder with a JSON
index: MLflow cannot be installed beside current Airflow, and to swap it in would change
`current_production`, `register` and `deploy` alone.
"""

import csv
import json
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from typing_extensions import TypedDict

from pipeglot import Cron, Param, all_, collect, each, finally_, merge, otherwise, pipeline, run, step, when

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


@step(retries=2, retry_delay="10s", backoff=2)
def ingest(source: str, day: date) -> str:
    """Copy the day's applications: everything after works on this one snapshot."""
    snapshot = f"runs/{day}/applications.csv"
    data = Path(os.environ.get("CREDIT_DATA", "examples/data"))
    (home() / snapshot).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(data / source, home() / snapshot)
    return snapshot


@step
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


@step
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


@step
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


@step(timeout="10m")
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


@step
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


@step
def select(scores: list[Score], metric: Literal["auc", "ks"]) -> Score:
    """The best variant; the first of equals."""
    return max(scores, key=lambda score: score[metric])


@step
def current_production(day: date) -> Release:
    """The last release before this day: running a day again decides the same."""
    releases = deployments()
    earlier = [deployed for deployed in releases if deployed < f"{day}"]
    return releases[max(earlier)] if earlier else {"version": "none", "auc": 0.5}


@step
def compare(best: Score, production: Release) -> float:
    """How much better the best variant ranks applicants than the production model."""
    return round(best["auc"] - production["auc"], 6)


@step
def register(best: Score, day: date) -> Release:
    """Keep the model for good, under a version of its own."""
    release: Release = {"version": f"{day}-{best['name']}", "auc": best["auc"]}
    kept = home() / "registry" / f"{release['version']}.joblib"
    kept.parent.mkdir(exist_ok=True)
    shutil.copyfile(home() / best["model"], kept)
    return release


@step(retries=2, retry_delay="5s")
def deploy(release: Release, day: date) -> str:
    """Make the release the production model from this day on."""
    index = home() / "registry" / "deployed.json"
    index.write_text(json.dumps(deployments() | {f"{day}": release}, indent=2))
    return release["version"]


@step
def keep(production: Release) -> str:
    """Leave production as it is."""
    return production["version"]


@step(retries=1, retry_delay="5s")
def notify(text: str) -> None:
    """Tell the team; here a log file stands for its chat."""
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "notifications.log").open("a", encoding="utf-8") as log:
        log.write(text + "\n")


@pipeline(
    schedule=Cron("0 6 * * 1-5", tz="Europe/Berlin"),
    owner="credit-risk",
    tags=["credit", "training"],
    max_active_runs=1,
    packages=["joblib>=1.4", "scikit-learn>=1.6,<2"],
)
def credit_scoring(
    source: str = "german_credit.csv",
    variants: list[Variant] = VARIANTS,
    metric: Literal["auc", "ks"] = "auc",
    margin: Annotated[float, Param(ge=0, le=0.5)] = 0.005,
    min_auc: Annotated[float, Param(ge=0.5, le=1)] = 0.7,
    test_share: Annotated[float, Param(ge=0.1, le=0.5)] = 0.3,
    seed: Annotated[int, Param(ge=0)] = 42,
) -> str:
    """Retrain the credit scoring model, and deploy it when it beats production."""
    applications = ingest(source, run.day)
    quality = validate(applications)
    features = build_features.options(after=[quality])(applications)
    data = split_data(features, test_share, seed)
    production = current_production(run.day)

    with each(variants) as variant:
        model = train(data["train"], variant, seed)
        score = evaluate(model, data["test"])
    best = select(collect(score), metric)

    lift = compare(best, production)
    with when(all_(best["auc"] >= min_auc, lift >= margin)):
        release = register(best, run.day)
        deployed = deploy(release, run.day)
    with otherwise():
        kept = keep(production)
    version = merge(deployed, kept)

    with finally_() as outcome:
        notify(f"credit scoring of {run.day}: {outcome.state}")
    return version
