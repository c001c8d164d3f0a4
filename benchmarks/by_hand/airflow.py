from airflow.sdk import DAG, Param, TriggerRule, task

with DAG(dag_id="etl", schedule=None, catchup=False, params={"day": Param("2026-01-01", type="string")}):

    @task
    def ingest(params=None):
        return [len(params["day"]) + n for n in range(50)]

    @task
    def clean(rows):
        return [row for row in rows if row % 7]

    @task
    def plain(rows):
        return [row / len("plain") for row in rows]

    @task
    def scaled(rows):
        return [row / len("scaled_by_more") for row in rows]

    @task
    def train(first, second, depth):
        return {"depth": depth, "score": sum(first) / (sum(second) + depth)}

    @task
    def best(models):
        return max(models, key=lambda model: model["score"])

    @task.branch
    def choose(model):
        return "register" if model["score"] > 0.5 else "keep"

    @task
    def register(model):
        return f"model/{model['depth']}"

    @task
    def keep():
        return "model/old"

    @task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def version(new, old):
        return old if new is None else new

    @task
    def notify(version):
        return f"now {version}"

    rows = clean(ingest())
    models = train.partial(first=plain(rows), second=scaled(rows)).expand(depth=[1, 2, 3, 4, 5, 6, 7, 8])
    chosen = best(models)
    new, old = register(chosen), keep()
    choose(chosen) >> [new, old]
    notify(version(new, old))
