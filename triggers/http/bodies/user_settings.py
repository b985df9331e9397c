"""Bodies of user settings (Graph: cloudPcUserSetting)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shared.domain.cloud_pcs.user_setting import FrequencyType, UserSettingForm
from triggers.http.bodies.reading import Body, changes
from triggers.http.views.user_settings import UserSettingView

_OURS = tuple(UserSettingForm.model_fields[name].alias or name for name in UserSettingForm.model_fields)
_READ_ONLY = frozenset(UserSettingView.__annotations__) - {*_OURS, "assignments"}
"""Graph's reference names one of them (lastModifiedDateTime) among what a request has to have."""

_OFF = (None, False, "notConfigured")
_BY_HOURS = {int(each.every.total_seconds() // 3600): each for each in FrequencyType if each.every is not None}


def user_setting_body(raw: Mapping[str, Any], view: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """Return the fields of our form in Graph's body. *view*: the settings as they are shown, where they change.

    Raises: InvalidError for settings that we do not support, unless they are off.
    """
    body = Body(changes(raw, view))
    body.only("assignments", () if view else ([],), "is set by assign")
    body.only("provisioningSourceType", ("image",))
    for name in ("crossRegionDisasterRecoverySetting", "notificationSetting"):
        value = body.take(name)
        if value is not None and not (isinstance(value, dict) and all(_is_off(*each) for each in value.items())):
            body.wrong(f"/{name}", "is not supported; leave it out, or switch everything in it off")
    form = {name: body.take(name) for name in _OURS if body.has(name)}
    if isinstance(given := form.get("restorePointSetting"), dict) and "frequencyInHours" in given:
        form["restorePointSetting"] = _by_type(body, given)
    body.ignore(_READ_ONLY)
    body.settle()
    return form


def _is_off(name: str, value: object) -> bool:
    return "@odata." in name or value in _OFF


def _by_type(body: Body, setting: Mapping[str, Any]) -> dict[str, Any]:
    """Return a restore point setting with a frequency type, also for hours, which beta had before."""
    rest = {name: value for name, value in setting.items() if name != "frequencyInHours"}
    hours = setting["frequencyInHours"]
    if hours is None:
        return rest
    named = _BY_HOURS.get(hours) if type(hours) is int else None
    place = "/restorePointSetting/frequencyInHours"
    if named is None:
        body.wrong(place, f"write one of {', '.join(map(str, _BY_HOURS))}, or frequencyType alone")
    elif rest.get("frequencyType") not in {None, named.value}:
        body.wrong(place, "is another frequency than frequencyType; write one of the two")
    return {**rest, "frequencyType": named.value} if named else rest
