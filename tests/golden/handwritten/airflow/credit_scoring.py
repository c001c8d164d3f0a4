"""Retrain a credit scoring model every working day; deploy it when it beats production.

The workers need `joblib` and `scikit-learn`; files are kept under `CREDIT_HOME`.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronTriggerTimetable, Param, TriggerRule, task, task_group
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from airflow.sdk.types import DagRunProtocol as DagRun

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


def local_day(dag_run: DagRun) -> str:
    """The day of the schedule's tick; of the start when a run was started by hand."""
    moment = dag_run.logical_date or dag_run.run_after
    return moment.astimezone(ZoneInfo(TIMEZONE)).date().isoformat()


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


@task(retries=2, retry_delay=timedelta(seconds=10), retry_exponential_backoff=2.0)
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


@task(multiple_outputs=True)
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


@task(execution_timeout=timedelta(minutes=10))
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


@task
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


# Zero variants are skipped instances, and the choice among them still fails.
@task(trigger_rule=TriggerRule.NONE_FAILED)
def select(scores: list[Score] | None, metric: Literal["auc", "ks"]) -> Score:
    """The best variant; the first of equals."""
    return max(scores or [], key=lambda score: score[metric])


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


@task(retries=2, retry_delay=timedelta(seconds=5))
def deploy(release: Release, day: str) -> str:
    """Make the release the production model from this day on."""
    index = home() / "registry" / "deployed.json"
    index.write_text(json.dumps(deployments() | {day: release}, indent=2))
    return release["version"]


@task
def keep(production: Release) -> str:
    """Leave production as it is."""
    return production["version"]


@task.branch
def gate(best: Score, lift: float, min_auc: float, margin: float) -> str:
    return "register" if best["auc"] >= min_auc and lift >= margin else "keep"


@task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
def version(deployed: str | None, kept: str | None) -> str | None:
    return kept if deployed is None else deployed


@task(retries=1, retry_delay=timedelta(seconds=5), trigger_rule=TriggerRule.ALL_DONE)
def notify(day: str, version: str | None) -> None:
    """Tell the team; here a log file stands for its chat."""
    state = "failed" if version is None else "succeeded"
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "notifications.log").open("a", encoding="utf-8") as log:
        log.write(f"credit scoring of {day}: {state}\n")


@task
def list_variants(params=None) -> list[Variant]:
    return params["variants"]


with DAG(
    dag_id="credit_scoring",
    description="Retrain the credit scoring model, deploy it when it beats production",
    schedule=CronTriggerTimetable("0 6 * * 1-5", timezone=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "credit-risk"},
    tags=["credit", "training"],
    params={
        "source": Param("german_credit.csv", type="string"),
        "variants": Param(
            VARIANTS,
            type="array",
            items={
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "algorithm": {"enum": ["logistic", "forest", "boosting"]},
                    "options": {"additionalProperties": {"type": "number"}},
                },
                "required": ["name", "algorithm", "options"],
            },
        ),
        "metric": Param("auc", enum=["auc", "ks"]),
        "margin": Param(0.005, type="number", minimum=0, maximum=0.5),
        "min_auc": Param(0.7, type="number", minimum=0.5, maximum=1),
        "test_share": Param(0.3, type="number", minimum=0.1, maximum=0.5),
        "seed": Param(42, type="integer", minimum=0),
    },
    user_defined_macros={"local_day": local_day},
) as dag:
    day = "{{ local_day(dag_run) }}"
    seed = dag.param("seed")

    applications = ingest(dag.param("source"), day)
    features = build_features(applications)
    validate(applications) >> features
    data = split_data(features, dag.param("test_share"), seed)
    production = current_production(day)

    @task_group
    def candidate(variant):
        return evaluate(train(data["train"], variant, seed), data["test"])

    scores = candidate.expand(variant=list_variants())
    best = select(scores, dag.param("metric"))
    lift = compare(best, production)

    release = register(best, day)
    deployed = deploy(release, day)
    kept = keep(production)
    gate(best, lift, dag.param("min_auc"), dag.param("margin")) >> [release, kept]
    final = version(deployed, kept)
    dag.add_result(final)

    # The run has the state of its leaf: `end` keeps a failure that `notify` outlived.
    told = notify(day, final)
    [scores, production] >> told
    [final, told] >> EmptyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED)


if __name__ == "__main__":
    dag.test()
