"""Scenes of the routes about scripts and apps: the records before a request, and its body."""

from __future__ import annotations

from collections.abc import Mapping

from tests.integration import things
from tests.integration.scene import Scene, Trace

CLOCK = things.clock()
_CLOCK, _AT = (("scripts", CLOCK),), {"id": "sc1"}

SCRIPT_SCENES: Mapping[str, Scene] = {
    "POST …/deviceManagementScripts": Scene(Trace.MADE, {"displayName": "7-Zip", "packageId": "7zip.7zip"}),
    "PATCH …/deviceManagementScripts/{id}": Scene(Trace.CHANGED, {"description": "Sets the clock"}, _CLOCK, _AT),
    "DELETE …/deviceManagementScripts/{id}": Scene(Trace.GONE, None, _CLOCK, _AT),
}
