"""The function app: registers every blueprint; decides nothing."""

import gc

gc.disable()  # what an import makes stays: looking for garbage in it is a tenth of a cold start

from importlib import import_module  # noqa: E402
from pkgutil import iter_modules  # noqa: E402

from shared.log_records import escape_log, quiet_libraries  # noqa: E402
from shared.workflow import DurableApp, speed_up_replay  # noqa: E402

escape_log()
quiet_libraries()
speed_up_replay()
app = DurableApp()
for room in ("triggers", "triggers.http", "orchestrators", "activities"):
    for found in sorted(iter_modules(import_module(room).__path__), key=lambda module: module.name):
        blueprint = getattr(import_module(f"{room}.{found.name}"), "bp", None)
        if blueprint is not None:
            app.register_functions(blueprint)
gc.freeze()  # else the next allocation looks through all of it at once
gc.enable()
