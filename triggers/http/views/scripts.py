"""Views of scripts and apps."""

from shared.domain.policies.script import DeviceManagementScript
from triggers.http.json_schema import Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity
from triggers.http.properties import typed

SCRIPTS = Collection(
    name="deviceManagementScripts",
    kinds=kinds_of(
        *("id", "displayName", "description", "packageId", "packageVersion", "digest"),
        numbers="version",
        moments="createdDateTime lastModifiedDateTime",
    ),
    searched=("displayName", "description", "packageId"),
)
ScriptView = typed(
    "ScriptView",
    {
        "id": str,
        "displayName": str,
        "description": str,
        "scriptContent": str | None,
        "packageId": str | None,
        "packageVersion": str | None,
        "version": int,
        "digest": str,
        "createdDateTime": Timestamp,
        "lastModifiedDateTime": Timestamp,
    },
    "A script, or a package of winget. scriptContent is null in lists, and for those who may not change it.",
)
SCRIPT = Entity(ScriptView)


def script_view(script: DeviceManagementScript, *, with_source: bool = False) -> Json:
    """Return a script; its tenant is in the address. *with_source*: with its content."""
    shown = script.form.model_dump(mode="json", by_alias=True)
    return {
        "id": script.id,
        **shown,
        "scriptContent": shown["scriptContent"] if with_source else None,
        "version": script.version,
        "digest": script.digest,
        "createdDateTime": timestamp(script.created_date_time),
        "lastModifiedDateTime": timestamp(script.last_modified_date_time),
    }
