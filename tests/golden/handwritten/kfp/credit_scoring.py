"""Retrain a credit scoring model every working day; deploy it when it beats production.

Files are kept under `CREDIT_HOME`, on a volume that all pods mount. Schedule: `0 0 6 * * 1-5`, one run at a time, with
`logical_date=[[ScheduledTime.2006-01-02T15:04:05Z]]`, on a server whose schedules are in Europe/Berlin.
"""

from typing import NamedTuple

from kfp import compiler, dsl

IMAGE = "python:3.12"
MODELS = ["joblib>=1.4", "scikit-learn>=1.6,<2"]
VARIANTS = [
    {"name": "scorecard", "algorithm": "logistic", "options": {"C": 0.05}},
    {"name": "forest", "algorithm": "forest", "options": {"min_samples_leaf": 4}},
    {"name": "boosted", "algorithm": "boosting", "options": {"learning_rate": 0.05}},
]


@dsl.component(base_image=IMAGE)
def day_of_run(logical_date: str, scheduled: str, created: str) -> str:
    """The tick of the schedule, or when the run was made, as a day in Berlin."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    for text in (logical_date, scheduled, created):
        try:
            found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            continue
        if found.year > 1970:
            return found.astimezone(ZoneInfo("Europe/Berlin")).date().isoformat()
    raise ValueError("the server does not tell when the run was made")


@dsl.component(base_image=IMAGE)
def ingest(source: str, day: str) -> str:
    """Copy the day's applications: everything after works on this one snapshot."""
    import os
    import shutil
    from pathlib import Path

    home = Path(os.environ.get("CREDIT_HOME", "credit_home"))
    snapshot = f"runs/{day}/applications.csv"
    data = Path(os.environ.get("CREDIT_DATA", "examples/data"))
    (home / snapshot).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(data / source, home / snapshot)
    return snapshot


@dsl.component(base_image=IMAGE)
def validate(applications: str) -> dict:
    """Refuse data that no model should learn from, and say where it is bad."""
    import csv
    import os
    from pathlib import Path

    home = Path(os.environ.get("CREDIT_HOME", "credit_home"))
    with (home / applications).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    problems = []
    for line, row in enumerate(rows, start=2):
        bad = [name for name in ("months", "amount", "age") if not row[name].isdigit() or row[name] == "0"]
        bad += [] if row["defaulted"] in ("0", "1") else ["defaulted"]
        problems += [f"line {line}: {name} is {row[name]!r}" for name in bad]
    if problems:
        raise ValueError(f"{len(problems)} bad values: " + "; ".join(problems[:5]))
    defaults = sum(row["defaulted"] == "1" for row in rows)
    return {"rows": len(rows), "default_rate": round(defaults / len(rows), 6)}


@dsl.component(base_image=IMAGE, packages_to_install=MODELS)
def build_features(applications: str) -> str:
    """Numbers as they are, labels one-hot, and what the loan costs a month."""
    import csv
    import os
    from pathlib import Path

    import joblib
    from sklearn.feature_extraction import DictVectorizer

    home = Path(os.environ.get("CREDIT_HOME", "credit_home"))
    numbers = ("months", "amount", "age", "installment_rate", "residence_years", "credits", "dependants")
    labels = ("checking", "history", "purpose", "savings", "employed", "housing")
    with (home / applications).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    records = [
        {name: float(row[name]) for name in numbers}
        | {name: row[name] for name in labels}
        | {"monthly": float(row["amount"]) / float(row["months"])}
        for row in rows
    ]
    matrix = DictVectorizer(sparse=False).fit_transform(records)
    features = Path(applications).with_name("features.joblib").as_posix()
    joblib.dump((matrix, [int(row["defaulted"]) for row in rows]), home / features)
    return features


@dsl.component(base_image=IMAGE, packages_to_install=MODELS)
def split_data(features: str, test_share: float, seed: int) -> NamedTuple("Split", [("train", str), ("test", str)]):
    """Hold out a share of the applications, with the same default rate in both."""
    import os
    from pathlib import Path

    import joblib
    from sklearn.model_selection import train_test_split

    home = Path(os.environ.get("CREDIT_HOME", "credit_home"))
    if not 0.1 <= test_share <= 0.5:
        raise ValueError(f"test_share is {test_share}")
    x, y = joblib.load(home / features)
    how = {"test_size": test_share, "random_state": seed, "stratify": y}
    x_train, x_test, y_train, y_test = train_test_split(x, y, **how)
    train, test = (Path(features).with_name(f"{name}.joblib").as_posix() for name in ("train", "test"))
    joblib.dump((x_train, y_train), home / train)
    joblib.dump((x_test, y_test), home / test)
    return train, test


@dsl.component(base_image=IMAGE, packages_to_install=MODELS)
def train(data: str, variant: dict, seed: int) -> str:
    """Fit one variant."""
    import os
    import signal
    from pathlib import Path

    import joblib
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    signal.alarm(600)  # KFP has no time limit for a task
    home = Path(os.environ.get("CREDIT_HOME", "credit_home"))
    algorithm = {
        "logistic": LogisticRegression,
        "forest": RandomForestClassifier,
        "boosting": GradientBoostingClassifier,
    }[variant["algorithm"]]
    options = dict(variant["options"])
    if "min_samples_leaf" in options:
        options["min_samples_leaf"] = int(options["min_samples_leaf"])  # KFP makes floats of the ints in a dict
    x, y = joblib.load(home / data)
    estimator = algorithm(random_state=seed, **options)
    model = Path(data).with_name(f"{variant['name']}.joblib").as_posix()
    joblib.dump(make_pipeline(StandardScaler(), estimator).fit(x, y), home / model)
    return model


@dsl.component(base_image=IMAGE, packages_to_install=MODELS)
def evaluate(model: str, data: str) -> dict:
    """How well a model ranks applicants: ROC area and Kolmogorov-Smirnov distance."""
    import os
    from pathlib import Path

    import joblib
    from sklearn.metrics import roc_auc_score, roc_curve

    home = Path(os.environ.get("CREDIT_HOME", "credit_home"))
    x, y = joblib.load(home / data)
    risk = joblib.load(home / model).predict_proba(x)[:, 1]
    false_alarms, caught, _ = roc_curve(y, risk)
    return {
        "name": Path(model).stem,
        "model": model,
        "auc": round(float(roc_auc_score(y, risk)), 6),
        "ks": round(float(max(caught - false_alarms)), 6),
    }


@dsl.component(base_image=IMAGE)
def select(scores: list[dict], metric: str) -> NamedTuple("Best", [("score", dict), ("auc", float)]):
    """The best variant; the first of equals."""
    if metric not in ("auc", "ks"):
        raise ValueError(f"metric is {metric!r}")
    best = max(scores, key=lambda score: score[metric])
    return best, best["auc"]


@dsl.component(base_image=IMAGE)
def current_production(day: str) -> dict:
    """The last release before this day: running a day again decides the same."""
    import json
    import os
    from pathlib import Path

    index = Path(os.environ.get("CREDIT_HOME", "credit_home")) / "registry" / "deployed.json"
    releases = json.loads(index.read_text()) if index.exists() else {}
    earlier = [deployed for deployed in releases if deployed < day]
    return releases[max(earlier)] if earlier else {"version": "none", "auc": 0.5}


@dsl.component(base_image=IMAGE)
def compare(best: dict, production: dict) -> float:
    """How much better the best variant ranks applicants than the production model."""
    return round(best["auc"] - production["auc"], 6)


@dsl.component(base_image=IMAGE)
def register(best: dict, day: str) -> dict:
    """Keep the model for good, under a version of its own."""
    import os
    import shutil
    from pathlib import Path

    home = Path(os.environ.get("CREDIT_HOME", "credit_home"))
    release = {"version": f"{day}-{best['name']}", "auc": best["auc"]}
    kept = home / "registry" / f"{release['version']}.joblib"
    kept.parent.mkdir(exist_ok=True)
    shutil.copyfile(home / best["model"], kept)
    return release


@dsl.component(base_image=IMAGE)
def deploy(release: dict, day: str) -> str:
    """Make the release the production model from this day on."""
    import json
    import os
    from pathlib import Path

    index = Path(os.environ.get("CREDIT_HOME", "credit_home")) / "registry" / "deployed.json"
    releases = json.loads(index.read_text()) if index.exists() else {}
    index.write_text(json.dumps(releases | {day: release}, indent=2))
    return release["version"]


@dsl.component(base_image=IMAGE)
def keep(production: dict) -> str:
    """Leave production as it is."""
    return production["version"]


@dsl.component(base_image=IMAGE)
def notify(logical_date: str, scheduled: str, created: str, status: dsl.PipelineTaskFinalStatus):
    """Tell the team; here a log file stands for its chat."""
    import os
    from datetime import datetime
    from pathlib import Path
    from zoneinfo import ZoneInfo

    # An exit task cannot take what another task found.
    day = ""
    for text in (created, scheduled, logical_date):
        try:
            found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            continue
        if found.year > 1970:
            day = found.astimezone(ZoneInfo("Europe/Berlin")).date().isoformat()
    state = "failed" if status.state == "FAILED" else "succeeded"
    home = Path(os.environ.get("CREDIT_HOME", "credit_home"))
    home.mkdir(parents=True, exist_ok=True)
    with (home / "notifications.log").open("a", encoding="utf-8") as log:
        log.write(f"credit scoring of {day}: {state}\n")


@dsl.component(base_image=IMAGE)
def worth_it(auc: float, min_auc: float, lift: float, margin: float) -> bool:
    """The DSL has no `and`."""
    return auc >= min_auc and lift >= margin


@dsl.pipeline(name="credit-scoring")
def credit_scoring(
    source: str = "german_credit.csv",
    variants: list = VARIANTS,
    metric: str = "auc",
    margin: float = 0.005,
    min_auc: float = 0.7,
    test_share: float = 0.3,
    seed: int = 42,
    logical_date: str = "",
):
    """Retrain the credit scoring model, and deploy it when it beats production."""
    when = {
        "logical_date": logical_date,
        "scheduled": dsl.PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER,
        "created": dsl.PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER,
    }
    with dsl.ExitHandler(notify(**when).set_retry(1, backoff_duration="5s", backoff_factor=1)):
        day = day_of_run(**when).set_caching_options(False).output
        snapshot = ingest(source=source, day=day).set_caching_options(False)
        snapshot.set_retry(2, backoff_duration="10s", backoff_factor=2)
        quality = validate(applications=snapshot.output).set_caching_options(False)
        features = build_features(applications=snapshot.output).set_caching_options(False).after(quality)
        data = split_data(features=features.output, test_share=test_share, seed=seed).set_caching_options(False)
        production = current_production(day=day).set_caching_options(False).output
        with dsl.ParallelFor(variants) as variant:
            model = train(data=data.outputs["train"], variant=variant, seed=seed).set_caching_options(False)
            score = evaluate(model=model.output, data=data.outputs["test"]).set_caching_options(False)
        best = select(scores=dsl.Collected(score.output), metric=metric).set_caching_options(False)
        lift = compare(best=best.outputs["score"], production=production).set_caching_options(False)
        better = worth_it(auc=best.outputs["auc"], min_auc=min_auc, lift=lift.output, margin=margin)
        with dsl.If(better.set_caching_options(False).output == True):  # noqa: E712
            release = register(best=best.outputs["score"], day=day).set_caching_options(False)
            deployed = deploy(release=release.output, day=day).set_caching_options(False)
            deployed.set_retry(2, backoff_duration="5s", backoff_factor=1)
        with dsl.Else():
            keep(production=production).set_caching_options(False)


if __name__ == "__main__":
    compiler.Compiler().compile(credit_scoring, "credit_scoring.yaml")
