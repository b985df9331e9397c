"""The forms of the wizards of image sets and Spot Groups, with every field that there may be."""

from typing import Any

from tests.integration.desks import GROUP_ID
from tests.integration.scenes import OFFERED

Json = dict[str, Any]
IMAGE = {"imageSetId": "5e700000", "imageVersion": "0.0.0"}
REDIRECTIONS = (
    "drives",
    "printers",
    "audioOutput",
    "clipboard",
    "audioInput",
    "cameras",
    "plugAndPlayDevices",
    "comPorts",
    "smartCards",
    "usbDevices",
    "fullScreen",
    "multipleMonitors",
)
SESSIONS = {
    "activeIdleTimeOutInMinutes": 60,
    "disconnectedIdleTimeOutInMinutes": 30,
    "redirections": dict.fromkeys(REDIRECTIONS, False),
}
HOSTS = {
    "sizes": ["Standard_D8s_v5", "Standard_D8as_v5"],
    "loadBalancing": "depthFirst",
    "sessionLimit": 10,
    "startOnConnect": True,
    "enableSingleSignOn": True,
    "intuneEnrollment": False,
    "hibernate": False,
}
PHASE: Json = {
    "begins": "08:00",
    "days": [1, 2],
    "minimumOnline": 1,
    "bufferPercent": 20,
    "loadBalancing": "breadthFirst",
    "rests": False,
}
CAPACITY = {
    "bufferPercent": 10,
    "bufferOf": "inUse",
    "bufferSeats": 1,
    "startThreshold": 6,
    "minimumOnline": 1,
    "idleInMinutes": 15,
    "noticeInMinutes": 5,
    "scaleIn": "deallocate",
    "lowPriorityHosts": 1,
    "schedule": {
        "timeZone": "Europe/Berlin",
        "phases": [{**PHASE, "days": [1, 2]}],
        "exceptions": [{"on": "2026-12-24", "phases": [{**PHASE, "begins": "09:00", "days": [1, 2]}]}],
    },
}
RECIPE = {
    "steps": [
        {"name": "Fonts", "script": "Get-Date", "secrets": ["Key"]},
        {"name": "Zip", "packageId": "7zip.7zip", "packageVersion": "24.09"},
    ],
    "schedule": {"dayOfMonth": 5, "hour": 3},
    "secrets": [{"name": "Key", "value": "Licence-of-the-fonts-1"}],
}
SPOT_FORMS: dict[str, Json] = {
    "create-image-set": {
        "site": {"siteId": "west", "isGlobal": False},
        "source": {"hostPoolType": "pooled", "galleryImageId": OFFERED.id},
        "detail": {"displayName": "Pupils", "description": "x"},
        "recipe": RECIPE,
        "notes": {"notes": "x"},
    },
    "create-image-version": {
        "set": {"imageSetId": "5e700000"},
        "version": {"version": "2.0.0"},
        "source": {"sourceVersion": "0.0.0"},
        "customization": {"byRecipe": False},
        "notes": {"notes": "x"},
    },
    "create-spot-group": {
        "name": {"displayName": "Sales", "friendlyName": "Sales desktop"},
        "profile": {"profilePath": r"\\files\profiles", "dataPath": r"\\files\data", "sharedDrive": True},
        "license": {"licenseType": "pooled", "quantity": 40},
        "site": {"siteId": "west", "connectionId": "c1"},
        "groups": {"groupIds": ["g1", "g2"]},
        "image": IMAGE,
        "sessions": SESSIONS,
        "hosts": HOSTS,
        "capacity": CAPACITY,
        "description": {"description": "x", "notes": "y", "tags": {"costCenter": "7"}},
    },
    "edit-spot-group": {
        "group": {"spotGroupId": GROUP_ID},
        "name": {
            "displayName": "Sales",
            "friendlyName": "Sales desktop",
            "description": "x",
            "profilePath": r"\\files\profiles",
            "dataPath": r"\\files\data",
            "sharedDrive": True,
            "tags": {"costCenter": "7"},
        },
        "license": {"quantity": 40},
        "groups": {"groupIds": ["g1", "g2"]},
        "sessions": {"sessions": SESSIONS},
        "hosts": {"hosts": HOSTS},
        "capacity": {"capacity": CAPACITY},
        "notes": {"notes": "x"},
    },
    "update-spot-group": {
        "group": {"spotGroupId": GROUP_ID},
        "image": IMAGE,
        "method": {
            "method": "scheduled",
            "at": "2026-11-22T20:00:00Z",
            "duringMaintenanceWindow": False,
            "signOffAfterInMinutes": 5,
            "surge": 2,
            "notes": "x",
        },
    },
}
