"""Retrain a credit scoring model every working day; deploy it when it beats production.

Workers need `joblib` and `scikit-learn`; files are kept under `CREDIT_HOME`. The instance's
dagster.yaml bounds runs with the tag `max_active_runs` to one at a time.
"""

import csv
import json
import os
import shutil
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import Field
from typing_extensions import TypedDict

TIMEZONE = "Europe/Berlin"

POSITIVE = ("months", "amount", "age")
NUMBERS = (*POSITIVE, "installment_rate", "residence_years", "credits", "dependants")
LABELS = ("checking", "history", "purpose", "savings", "employed", "housing")


class Variant(TypedDict):
    name: str
    algorithm: Literal["logistic", "forest", "boosting"]
    options: dict[str, int | float]


class Release(TypedDict):
    version: str
    auc: float


VARIANTS: list[Variant] = [
    {"name": "scorecard", "algorithm": "logistic", "options": {"C": 0.05}},
    {"name": "forest", "algorithm": "forest", "options": {"min_samples_leaf": 4}},
    {"name": "boosted", "algorithm": "boosting", "options": {"learning_rate": 0.05}},
]


class CreditParams(dg.ConfigurableResource):
    """What a run is told; the schedule gives the day, by hand it is today."""

    day: str = ""
    source: str = "german_credit.csv"
    variants: list[dict[str, Any]] = VARIANTS
    metric: Literal["auc", "ks"] = "auc"
    margin: float = Field(default=0.005, ge=0, le=0.5)
    min_auc: float = Field(default=0.7, ge=0.5, le=1)
    test_share: float = Field(default=0.3, ge=0.1, le=0.5)
    seed: int = Field(default=42, ge=0)


def day_of(context: dg.OpExecutionContext, params: CreditParams) -> str:
    """The day a run is about: without one, that on which it was asked for."""
    if params.day:
        return params.day
    run = context.run.tags.get("about_run", context.run_id)
    record = context.instance.get_run_record_by_id(run)
    assert record is not None
    return f"{record.create_timestamp.astimezone(ZoneInfo(TIMEZONE)):%Y-%m-%d}"


@contextmanager
def time_limit(seconds: int):
    """Dagster has no time limit for an op: interrupt it by a signal."""

    def expire(*_):
        raise TimeoutError(f"it took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


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


LINEAR_RETRY = dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.LINEAR)
RETRY = dg.RetryPolicy(max_retries=2, delay=5)


@dg.op(retry_policy=LINEAR_RETRY)
def ingest(context: dg.OpExecutionContext, params: CreditParams) -> str:
    """Copy the day's applications: everything after works on this one snapshot."""
    snapshot = f"runs/{day_of(context, params)}/applications.csv"
    data = Path(os.environ.get("CREDIT_DATA", "examples/data"))
    (home() / snapshot).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(data / params.source, home() / snapshot)
    return snapshot


@dg.op
def validate(applications: str) -> dict[str, Any]:
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


@dg.op(ins={"checked": dg.In(dg.Nothing)})
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


@dg.op
def split_data(params: CreditParams, features: str) -> dict[str, str]:
    """Hold out a share of the applications, with the same default rate in both."""
    import joblib
    from sklearn.model_selection import train_test_split

    x, y = joblib.load(home() / features)
    how = {
        "test_size": params.test_share,
        "random_state": params.seed,
        "stratify": y,
    }
    x_train, x_test, y_train, y_test = train_test_split(x, y, **how)
    train, test = beside(features, "train.joblib"), beside(features, "test.joblib")
    joblib.dump((x_train, y_train), home() / train)
    joblib.dump((x_test, y_test), home() / test)
    return {"train": train, "test": test}


@dg.op(ins={"start": dg.In(dg.Nothing)}, out=dg.DynamicOut(dict))
def variants(params: CreditParams):
    """Every variant that is to be trained."""
    for number, variant in enumerate(params.variants):
        yield dg.DynamicOutput(variant, mapping_key=str(number))


@dg.op
def train(params: CreditParams, data: dict[str, str], variant: dict[str, Any]) -> str:
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
    estimator = algorithm(random_state=params.seed, **variant["options"])
    model = beside(data["train"], f"{variant['name']}.joblib")
    with time_limit(600):
        fitted = make_pipeline(StandardScaler(), estimator).fit(x, y)
    joblib.dump(fitted, home() / model)
    return model


@dg.op
def evaluate(model: str, data: dict[str, str]) -> dict[str, Any]:
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


@dg.op
def select(params: CreditParams, scores: list[dict[str, Any]]) -> dict[str, Any]:
    """The best variant; the first of equals."""
    return max(scores, key=lambda score: score[params.metric])


@dg.op
def current_production(
    context: dg.OpExecutionContext, params: CreditParams
) -> dict[str, Any]:
    """The last release before this day: running a day again decides the same."""
    releases, day = deployments(), day_of(context, params)
    earlier = [deployed for deployed in releases if deployed < day]
    return releases[max(earlier)] if earlier else {"version": "none", "auc": 0.5}


@dg.op
def compare(best: dict[str, Any], production: dict[str, Any]) -> float:
    """How much better the best variant ranks applicants than the production model."""
    return round(best["auc"] - production["auc"], 6)


@dg.op(
    out={
        "better": dg.Out(dg.Nothing, is_required=False),
        "worse": dg.Out(dg.Nothing, is_required=False),
    }
)
def decide(params: CreditParams, best: dict[str, Any], lift: float):
    """Whether the best variant is to be deployed."""
    if best["auc"] >= params.min_auc and lift >= params.margin:
        yield dg.Output(None, "better")
    else:
        yield dg.Output(None, "worse")


@dg.op(ins={"when": dg.In(dg.Nothing)})
def register(
    context: dg.OpExecutionContext, params: CreditParams, best: dict[str, Any]
) -> dict[str, Any]:
    """Keep the model for good, under a version of its own."""
    version = f"{day_of(context, params)}-{best['name']}"
    release = {"version": version, "auc": best["auc"]}
    kept = home() / "registry" / f"{release['version']}.joblib"
    kept.parent.mkdir(exist_ok=True)
    shutil.copyfile(home() / best["model"], kept)
    return release


@dg.op(retry_policy=RETRY)
def deploy(
    context: dg.OpExecutionContext, params: CreditParams, release: dict[str, Any]
) -> str:
    """Make the release the production model from this day on."""
    index = home() / "registry" / "deployed.json"
    index.write_text(
        json.dumps(deployments() | {day_of(context, params): release}, indent=2)
    )
    return release["version"]


@dg.op(ins={"when": dg.In(dg.Nothing)})
def keep(production: dict[str, Any]) -> str:
    """Leave production as it is."""
    return production["version"]


@dg.op(
    ins={"state": dg.In(str)},
    retry_policy=dg.RetryPolicy(max_retries=1, delay=5),
)
def notify(context: dg.OpExecutionContext, params: CreditParams, state: str):
    """Tell the team; here a log file stands for its chat."""
    try:
        home().mkdir(parents=True, exist_ok=True)
        with (home() / "notifications.log").open("a", encoding="utf-8") as log:
            log.write(f"credit scoring of {day_of(context, params)}: {state}\n")
    except Exception:
        # A run about which nobody was told has failed.
        run = context.instance.get_run_by_id(context.run.tags["about_run"])
        if context.retry_number == 1 and run and run.is_success:
            context.instance.report_run_failed(run, "nobody was told")
        raise


RESOURCES = {"params": CreditParams.configure_at_launch()}


@dg.job(
    resource_defs=RESOURCES,
    description="Retrain the credit scoring model, and deploy it when it beats production.",
    tags={"credit": "", "training": "", "max_active_runs": "credit_scoring"},
    metadata={"owner": "credit-risk"},
)
def credit_scoring():
    applications = ingest()
    features = build_features(applications, checked=validate(applications))
    data = split_data(features)
    production = current_production()

    def fit(variant):
        return evaluate(train(data, variant), data)

    scores = variants(start=data).map(fit)
    best = select(scores.collect())
    decision = decide(best, compare(best, production))
    deploy(register(best, when=decision.better))
    keep(production, when=decision.worse)


@dg.job(resource_defs=RESOURCES)
def credit_scoring_told():
    notify()


def tell(context: dg.RunStatusSensorContext, state: str):
    """Ask for the notification, once for every run."""
    run = context.dagster_run
    told = dg.RunsFilter("credit_scoring_told", tags={"about_run": run.run_id})
    if context.instance.get_runs_count(told):
        return dg.SkipReason("the team was told before")
    return dg.RunRequest(
        run_key=run.run_id,
        run_config={
            "resources": run.run_config["resources"],
            "ops": {"notify": {"inputs": {"state": state}}},
        },
        tags={"about_run": run.run_id},
    )


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[credit_scoring],
    request_job=credit_scoring_told,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def credit_scoring_succeeded(context):
    return tell(context, "succeeded")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.FAILURE,
    monitored_jobs=[credit_scoring],
    request_job=credit_scoring_told,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def credit_scoring_failed(context):
    return tell(context, "failed")


@dg.schedule(
    job=credit_scoring,
    cron_schedule="0 6 * * 1-5",
    execution_timezone=TIMEZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def working_days(context):
    day = context.scheduled_execution_time.date().isoformat()
    return dg.RunRequest(
        run_key=day,
        run_config={"resources": {"params": {"config": {"day": day}}}},
    )


defs = dg.Definitions(
    jobs=[credit_scoring, credit_scoring_told],
    schedules=[working_days],
    sensors=[credit_scoring_succeeded, credit_scoring_failed],
)
