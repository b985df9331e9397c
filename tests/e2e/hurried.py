"""The app with waits of seconds, for a host that follows real time: the simulated cloud is fast, our pauses are not.

It is a folder of its own with the app's ``host.json`` and a ``function_app.py`` that shortens the pauses and then loads
the app itself. Nothing of it is deployed, and nobody writes into the folder while a host runs there (Microsoft's host
begins anew when a file changes).
"""

from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHORT = timedelta(seconds=1)
RIGHTS_WITHIN = timedelta(seconds=8)
"""The profile ``fast`` lets roles count after six seconds at most."""

_APP = '''"""The app with waits of seconds: written by tests/e2e/hurried.py."""

import sys

sys.path.insert(0, {root!r})
from tests.e2e.hurried import hurry

hurry()
import importlib.util

_spec = importlib.util.spec_from_file_location("deskwright_function_app", {root!r} + "/function_app.py")
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
app = _module.app
'''


def app_in(folder: Path) -> Path:
    """Write the app into *folder*; return it."""
    folder.mkdir(parents=True)
    (folder / "host.json").write_text((ROOT / "host.json").read_text())
    (folder / "function_app.py").write_text(_APP.format(root=str(ROOT)))
    return folder


def settings() -> dict[str, str]:
    """Return the settings that the app derives from its folder otherwise."""
    return {"DESKWRIGHT_PORTAL_FOLDER": str(ROOT / "portal" / "dist-local")}


def hurry() -> None:
    """Shorten the pauses of this process: polls are a second apart, and roles are waited for as the profile needs."""
    from shared.contracts import definitions
    from shared.domain.tenants import directory

    whole = definitions.PollPolicy.__init__

    def short(self: definitions.PollPolicy, first: timedelta, interval: timedelta, timeout: timedelta) -> None:
        whole(self, min(first, SHORT), min(interval, SHORT), timeout)

    definitions.PollPolicy.__init__ = short  # type: ignore[method-assign] # before any contract makes one
    directory.TAKE_EFFECT_WITHIN = RIGHTS_WITHIN
