"""The function app: registers every blueprint; decides nothing."""

from importlib import import_module
from pkgutil import iter_modules

from shared.workflow import DurableApp, speed_up_replay

speed_up_replay()
app = DurableApp()
for room in ("triggers", "orchestrators", "activities"):
    for found in sorted(iter_modules(import_module(room).__path__), key=lambda module: module.name):
        blueprint = getattr(import_module(f"{room}.{found.name}"), "bp", None)
        if blueprint is not None:
            app.register_functions(blueprint)
