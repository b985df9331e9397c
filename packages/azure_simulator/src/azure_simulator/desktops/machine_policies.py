r"""Windows settings of a machine that Virtual Desktop obeys: FSLogix, and the limits of sessions.

Only what a script has set counts: the values of FSLogix (`HKLM\SOFTWARE\FSLogix\Profiles`) and the policies of Remote
Desktop Services (`MaxIdleTime`, `MaxDisconnectionTime`, in milliseconds; 0 is never). Shares are there unless the
setting `fileShares` says otherwise: `{"\\\\files.contoso.example\\*": "away"}`.
Sources: learn.microsoft.com/fslogix/reference-configuration-settings,
learn.microsoft.com/windows/client-management/mdm/policy-csp-admx-terminalserver.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

_FSLOGIX = "hklm\\software\\fslogix\\profiles"
_SESSIONS = "hklm\\software\\policies\\microsoft\\windows nt\\terminal services"
_MILLISECOND_US = 1_000
_SHARE = re.compile(r"\\\\[^\\/:*?\"<>|]+\\[^/:*?\"<>|]+")


def value(vm: Resource, key: str, name: str) -> object:
    """Return a value of the machine's registry; `None` when nobody has set it."""
    return vm.facts.get("registry", {}).get(key, {}).get(name.lower())


def profile_shares(vm: Resource) -> list[str]:
    """List the shares that FSLogix keeps profiles on; none when it is not on."""
    if str(value(vm, _FSLOGIX, "Enabled")) != "1":
        return []
    return [each.strip() for each in str(value(vm, _FSLOGIX, "VHDLocations") or "").split(";")]


def reaches_profiles(world: World, vm: Resource) -> bool:
    """Return whether a machine reaches each of its profile shares; a path that is no share is reached by nobody."""
    return all(_is_there(world, share) for share in profile_shares(vm))


def ask_share(world: World, share: str, answers: list[str]) -> None:
    """Answer why a share cannot be opened, as Windows says it (53, ERROR_BAD_NETPATH); nothing when it can."""
    if not _is_there(world, share):
        answers.append(f"{share} cannot be opened (53). The network path was not found.")


def _is_there(world: World, share: str) -> bool:
    shares = world.config.get("fileShares", {})
    away = any(fnmatchcase(share.lower(), glob.lower()) for glob, state in shares.items() if state == "away")
    return _SHARE.fullmatch(share) is not None and not away


def limit_us(vm: Resource | None, name: str) -> int:
    """Return a limit of sessions (`MaxIdleTime`, `MaxDisconnectionTime`) in microseconds; 0 when there is none."""
    found = str(value(vm, _SESSIONS, name) or 0) if vm is not None else "0"
    return int(found) * _MILLISECOND_US if found.isascii() and found.isdecimal() else 0
