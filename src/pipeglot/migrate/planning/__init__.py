"""A migration planned without running anything: what each attribute becomes, what people have to do, and the way back.

(`pipeglot.migrate.scenarios` is something else: what stubs answer in a replayed run.)
"""
