"""Scenes of the routes about scripts and apps, and about changed settings: the records before a request, its body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.integration import things
from tests.integration.scene import Scene, Trace

CLOCK = things.clock()
OTHERWISE = things.snapshot(local_admin_enabled=True)
"""Build that differs from its policy in a setting that needs no rebuild."""
_SCRIPT = {"displayName": "Printers", "description": "x", "scriptContent": "R2V0LURhdGU="}
_CLOCK, _AT = (("scripts", CLOCK),), {"id": "sc1"}

SCRIPT_SCENES: Mapping[str, Scene] = {
    "POST …/deviceManagementScripts": Scene(Trace.MADE, {"displayName": "7-Zip", "packageId": "7zip.7zip"}),
    "PATCH …/deviceManagementScripts/{id}": Scene(Trace.CHANGED, {"description": "Sets the clock"}, _CLOCK, _AT),
    "DELETE …/deviceManagementScripts/{id}": Scene(Trace.GONE, None, _CLOCK, _AT),
}

SCRIPT_BODIES: Mapping[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "script": ("POST …/deviceManagementScripts", _SCRIPT, {}),
    "change of a script": ("PATCH …/deviceManagementScripts/{id}", _SCRIPT, _AT),
    "settings to apply": (
        "POST tenants/{tenant}/cloudPCs/{id}/applySettings",
        {"settings": ["localAdminEnabled", "@deskwright.securityDefaults"]},
        {},
    ),
}
