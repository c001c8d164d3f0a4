"""The API that a task talks to in `dag.test()`, built in the one version that is asked for. Runs under Airflow's Python."""

import importlib


def newest_only():
    """Have Airflow build the newest version of its execution API alone, where that is what this process asks for.

    `dag.test()` talks to an execution API in this process, and Airflow has Cadwyn build every version of it that there
    ever was: half of the time of a small run, for a client that knows one version. What is put in the place of the
    versions says the same of the newest: its routes are those of the head without the ones that older versions had. Where
    anything is not as expected here, all stays as Airflow has it. Gives whether it was done.
    """
    try:
        versions = importlib.import_module("airflow.api_fastapi.execution_api.versions")
        routes = importlib.import_module("airflow.api_fastapi.execution_api.routes").execution_api_router.routes
        asked = importlib.import_module("airflow.sdk.api.datamodels._generated").API_VERSION
        bundle, cadwyn = versions.bundle, importlib.import_module("cadwyn")
        newest, older = bundle.versions[0], importlib.import_module("cadwyn.route_generation")._DELETED_ROUTE_TAG
        if type(bundle) is not cadwyn.VersionBundle or bundle.head_version.changes or newest.value != asked:
            return False
        # The same variable: it says to those who ask which version a request is for.
        only = cadwyn.VersionBundle(
            cadwyn.HeadVersion(), cadwyn.Version(newest.value), api_version_var=bundle.api_version_var
        )
        kept = [route for route in routes if older not in getattr(route, "tags", ())]
    except (ImportError, AttributeError, LookupError, TypeError):
        return False
    routes[:], versions.bundle = kept, only
    return True
