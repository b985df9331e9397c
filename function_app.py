"""The function app: registers every blueprint; decides nothing."""

import gc

gc.disable()  # what an import makes stays: looking for garbage in it is a tenth of a cold start

from shared.log_records import escape_log, quiet_libraries  # noqa: E402
from shared.workflow import DurableApp, blueprints, speed_up_replay  # noqa: E402

escape_log()
quiet_libraries()
speed_up_replay()
app = DurableApp()
for room in ("triggers", "orchestrators", "activities"):
    for blueprint in blueprints(room):
        app.register_functions(blueprint)
gc.freeze()  # else the next allocation looks through all of it at once
gc.enable()
