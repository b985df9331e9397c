"""Refusals because something is in use: they name everything that stands in the way, in words and as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from shared.errors import ConflictError

Users = Mapping[str, Sequence[str] | int]
"""Users of an object: names, or their number, by kind."""

_MOST_NAMES = 5
_THINGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "sites": ("site", "sites"),
        "onPremisesConnections": ("connection", "connections"),
        "provisioningPolicies": ("provisioning policy", "provisioning policies"),
        "spotGroups": ("Spot Group", "Spot Groups"),
        "deviceImages": ("device image", "device images"),
        "imageSets": ("image set", "image sets"),
        "imageVersions": ("image version", "image versions"),
        "powerSchedules": ("power schedule", "power schedules"),
        "userSettings": ("user setting", "user settings"),
        "maintenanceWindows": ("maintenance window", "maintenance windows"),
        "deviceManagementScripts": ("script", "scripts"),
        "cloudPCs": ("Cloud PC", "Cloud PCs"),
        "deletedCloudPCs": ("deleted Cloud PC whose disk is kept", "deleted Cloud PCs whose disks are kept"),
        "cloudPcs": ("Cloud PC in the middle of a build", "Cloud PCs in the middle of a build"),
    }
)
"""Name of each kind in a sentence, singular and plural."""


def refuse_while_used(message: str, users: Users, *, advice: str = "") -> None:
    """Refuse with all *users* (names or numbers by kind), if there are any. Raises: ConflictError."""
    there = {kind: of for kind, of in users.items() if of}
    if there:
        said = f"{message}: {_listed([_of_kind(kind, of) for kind, of in there.items()])}"
        raise ConflictError(f"{said}; {advice}" if advice else said, inTheWay=there)


def _of_kind(kind: str, of: Sequence[str] | int) -> str:
    one, many = _THINGS.get(kind, (kind, kind))
    if isinstance(of, int):
        return f"{of} {one if of == 1 else many}"
    if isinstance(of, str):
        return of
    more = len(of) - _MOST_NAMES
    names = [*of[:_MOST_NAMES], *([f"{more} more"] if more > 0 else [])]
    return f"{one if len(of) == 1 else many} {_listed(names)}"


def _listed(texts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))
