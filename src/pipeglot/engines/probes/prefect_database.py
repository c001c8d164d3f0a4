"""Make the database of a Prefect server as it is once the server has started: migrated, with the types of its blocks.

Runs under Prefect's own Python, which is told where the database is as for a run.
"""

import asyncio
import os
import sys

sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(os.path.abspath(__file__))]


async def make():
    """What the server does first whenever it starts (`lifespan` in `prefect/server/api/server.py`)."""
    from prefect.plugins import load_prefect_collections
    from prefect.server.database.dependencies import provide_database_interface
    from prefect.server.models.block_registration import run_block_auto_registration

    database = provide_database_interface()
    await database.create_db()
    load_prefect_collections()
    async with await database.session() as session:
        await run_block_auto_registration(session=session)


if __name__ == "__main__":
    asyncio.run(make())
