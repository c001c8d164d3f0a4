"""Prefect's API at a port of this machine: in a copy of a process that has imported Prefect, or by
`python prefect_server.py PORT`. Runs under Prefect's own Python."""

import gc
import os
import sys
import traceback


def serve(port):
    """Serve until the process is ended."""
    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app()
    gc.freeze()
    gc.enable()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", lifespan="on")


class Copy:
    """A copy of this process that serves: what both need of Prefect is imported once. It answers to what
    `wire.Servers.check` asks of a `subprocess.Popen`."""

    def __init__(self, port):
        self.returncode = None
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                serve(port)
                status = 0
            except SystemExit as error:
                status = error.code if isinstance(error.code, int) else 1
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)

    def poll(self):
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode


if __name__ == "__main__":
    # The folder of the probes must not be importable, and what an import makes is no garbage (see wire.py).
    sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(os.path.abspath(__file__))]
    gc.disable()
    serve(int(sys.argv[1]))
