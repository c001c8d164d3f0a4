"""Retrain the credit scoring model, and deploy it when it beats production."""

# Made by pipeglot from pipeline "credit_scoring", digest 1f83992b1166.

import csv
import functools
import json
import os
import shutil
import signal
import traceback
import typing
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import Field, TypeAdapter
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


class CreditScoringParams(dg.ConfigurableResource):
    source: str = "german_credit.csv"
    variants: list[Any] = [
        {"name": "scorecard", "algorithm": "logistic", "options": {"C": 0.05}},
        {"name": "forest", "algorithm": "forest", "options": {"min_samples_leaf": 4}},
        {
            "name": "boosted",
            "algorithm": "boosting",
            "options": {"learning_rate": 0.05},
        },
    ]
    metric: Literal["auc", "ks"] = "auc"
    margin: float = Field(default=0.005, ge=0, le=0.5)
    min_auc: float = Field(default=0.7, ge=0.5, le=1)
    test_share: float = Field(default=0.3, ge=0.1, le=0.5)
    seed: int = Field(default=42, ge=0)
    logical_date: str | None = Field(default=None, description="in ISO 8601")


# golden: shared/json_io.py


@contextmanager
def time_limit(seconds):
    """Interrupt what runs longer by a signal, which reaches the main thread alone."""
    late = []

    def expire(*_):
        late.append(f"it took longer than {seconds} s")
        raise KeyboardInterrupt  # no step takes it for a failure of its own

    before = signal.signal(signal.SIGALRM, expire)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except BaseException:
        if not late:
            raise
    finally:
        signal.signal(signal.SIGALRM, before)
    if late:
        raise TimeoutError(*late)


# golden: shared/run_moment.py


def run_day(context, params):
    return run_moment(context, params, "Europe/Berlin").strftime("%Y-%m-%d")


# golden: shared/final_request.py


def run_state(context):
    if state := context.run.tags.get("pipeline/state"):
        return state
    raise dg.Failure("no run to tell the state of: the sensors ask for final runs")


def final_failed(context):
    """A run whose final call failed has failed, and is not to be retried by run_retries."""
    run = context.instance.get_run_by_id(context.run.tags.get("pipeline/main_run", ""))
    if run and run.is_success:
        context.instance.add_run_tags(run.run_id, {"dagster/max_retries": "0"})
        context.instance.report_run_failed(run, f"final run {context.run_id} failed")


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(
    name="credit_scoring__ingest",
    retry_policy=dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.LINEAR),
)
def ingest_op(context: dg.OpExecutionContext, params: CreditScoringParams):
    """Copy the day's applications: everything after works on this one snapshot."""
    return json_io(ingest)(source=params.source, day=run_day(context, params))


@dg.op(name="credit_scoring__validate")
def validate_op(applications):
    """Refuse data that no model should learn from, and say where it is bad."""
    return json_io(validate)(applications=applications)


@dg.op(name="credit_scoring__build_features", ins={"after_validate": dg.In(dg.Nothing)})
def build_features_op(applications):
    """Numbers as they are, labels one-hot, and what the loan costs a month."""
    return json_io(build_features)(applications=applications)


@dg.op(name="credit_scoring__split_data")
def split_data_op(params: CreditScoringParams, features):
    """Hold out a share of the applications, with the same default rate in both."""
    return json_io(split_data)(
        features=features, test_share=params.test_share, seed=params.seed
    )


@dg.op(name="credit_scoring__current_production")
def current_production_op(context: dg.OpExecutionContext, params: CreditScoringParams):
    """The last release before this day: running a day again decides the same."""
    return json_io(current_production)(day=run_day(context, params))


@dg.op(
    name="credit_scoring__each_variant",
    ins={"after_split_data": dg.In(dg.Nothing)},
    out=dg.DynamicOut(),
)
def each_variant_op(params: CreditScoringParams):
    for index, item in enumerate(params.variants):
        yield dg.DynamicOutput(item, mapping_key=str(index))


@dg.op(name="credit_scoring__train")
def train_op(params: CreditScoringParams, data, variant):
    """Fit one variant."""
    with time_limit(600):
        return json_io(train)(data=data["train"], variant=variant, seed=params.seed)


@dg.op(name="credit_scoring__evaluate")
def evaluate_op(model, data):
    """How well a model ranks applicants: ROC area and Kolmogorov-Smirnov distance."""
    return json_io(evaluate)(model=model, data=data["test"])


@dg.op(name="credit_scoring__select")
def select_op(params: CreditScoringParams, scores):
    """The best variant; the first of equals."""
    return json_io(select)(scores=scores, metric=params.metric)


@dg.op(name="credit_scoring__compare")
def compare_op(best, production):
    """How much better the best variant ranks applicants than the production model."""
    return json_io(compare)(best=best, production=production)


@dg.op(
    name="credit_scoring__if_register",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_register_op(params: CreditScoringParams, select, compare):
    if select["auc"] >= params.min_auc and compare >= params.margin:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="credit_scoring__register", ins={"when": dg.In(dg.Nothing)})
def register_op(context: dg.OpExecutionContext, params: CreditScoringParams, best):
    """Keep the model for good, under a version of its own."""
    return json_io(register)(best=best, day=run_day(context, params))


@dg.op(
    name="credit_scoring__deploy", retry_policy=dg.RetryPolicy(max_retries=2, delay=5)
)
def deploy_op(context: dg.OpExecutionContext, params: CreditScoringParams, release):
    """Make the release the production model from this day on."""
    return json_io(deploy)(release=release, day=run_day(context, params))


@dg.op(name="credit_scoring__keep", ins={"when": dg.In(dg.Nothing)})
def keep_op(production):
    """Leave production as it is."""
    return json_io(keep)(production=production)


@dg.op(
    name="credit_scoring__notify", retry_policy=dg.RetryPolicy(max_retries=1, delay=5)
)
def notify_op(context: dg.OpExecutionContext, params: CreditScoringParams):
    """Tell the team; here a log file stands for its chat."""
    try:
        return json_io(notify)(
            text=f"credit scoring of {run_day(context, params)}: {run_state(context)}"
        )
    except Exception:
        if context.retry_number == 1:
            final_failed(context)
        raise


@dg.job(
    resource_defs={"params": CreditScoringParams.configure_at_launch()},
    description="Retrain the credit scoring model, and deploy it when it beats production.",
    tags={"credit": "", "training": "", "max_active_runs": "credit_scoring"},
    metadata={"owner": "credit-risk"},
)
def credit_scoring():
    ingest = ingest_op.alias("ingest")()
    validate = validate_op.alias("validate")(applications=ingest)
    build_features = build_features_op.alias("build_features")(
        applications=ingest, after_validate=validate
    )
    split_data = split_data_op.alias("split_data")(features=build_features)
    current_production = current_production_op.alias("current_production")()
    each_variant = each_variant_op.alias("each_variant")(after_split_data=split_data)

    def one_variant(variant):
        train = train_op.alias("train")(data=split_data, variant=variant)
        evaluate = evaluate_op.alias("evaluate")(model=train, data=split_data)
        return evaluate

    evaluate = each_variant.map(one_variant)
    select = select_op.alias("select")(scores=evaluate.collect())
    compare = compare_op.alias("compare")(best=select, production=current_production)
    if_register = if_register_op.alias("if_register")(select=select, compare=compare)
    register = register_op.alias("register")(best=select, when=if_register.then)
    deploy_op.alias("deploy")(release=register)
    keep_op.alias("keep")(production=current_production, when=if_register.otherwise)


@dg.job(resource_defs={"params": CreditScoringParams.configure_at_launch()})
def credit_scoring__final():
    notify_op.alias("notify")()


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[credit_scoring],
    request_job=credit_scoring__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def credit_scoring_succeeded(context: dg.RunStatusSensorContext):
    return final_request(context, credit_scoring__final, "succeeded")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.FAILURE,
    monitored_jobs=[credit_scoring],
    request_job=credit_scoring__final,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def credit_scoring_failed(context: dg.RunStatusSensorContext):
    return final_request(context, credit_scoring__final, "failed")


@dg.schedule(
    job=credit_scoring,
    cron_schedule="0 6 * * 1-5",
    execution_timezone="Europe/Berlin",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def credit_scoring_schedule(context: dg.ScheduleEvaluationContext):
    moment = context.scheduled_execution_time
    params = CreditScoringParams(logical_date=moment.isoformat())
    return dg.RunRequest(run_config=dg.RunConfig(resources={"params": params}))


defs = dg.Definitions(
    jobs=[credit_scoring, credit_scoring__final],
    sensors=[credit_scoring_succeeded, credit_scoring_failed],
    schedules=[credit_scoring_schedule],
)
