"""Serve Prefect's API at a port of this machine: `python prefect_server.py PORT`. Runs under Prefect's own Python."""

import gc
import os
import sys

# The folder of the probes must not be importable, and what an import makes is no garbage (see wire.py).
sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(os.path.abspath(__file__))]
gc.disable()


def main():
    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app()
    gc.freeze()
    gc.enable()
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", lifespan="on")


if __name__ == "__main__":
    main()
