"""Bodies of remote actions and user settings."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import Field
from typing_extensions import TypedDict

from shared.domain.cloud_pcs.user_setting import FrequencyType, UserSettingForm
from shared.domain.values import Id, Value
from shared.domain.wizards.forms import parse
from shared.errors import Problem
from triggers.http.bodies.declared import Only, changes, not_empty, read_declared
from triggers.http.json_schema import ANNOTATIONS, Json, annotated
from triggers.http.openapi_metadata import Derived, Schemas, properties_of
from triggers.http.views.users import UserSettingView

MOST_VALIDATED = 2000  # Graph: cloudPC validateBulkResize


class GraphBody(Derived):
    """The body of a form at one of Graph's addresses: clients may send OData annotations beside its properties."""

    def __init__(self, form: type[Value]) -> None:
        super().__init__(f"{form.__name__.removesuffix('Form').removesuffix('Body')}Body", form)
        self.form = form

    def schema(self, schemas: Schemas) -> Json:
        """Return the schema of the form with annotations."""
        return {**schemas.whole(self.form), "patternProperties": ANNOTATIONS}


@annotated
class ValidateBulkResizeBody(TypedDict):
    """The Cloud PCs, and the service plan of the licence that they would have."""

    cloudPcIds: Annotated[
        list[Annotated[Id, not_empty("write the id of a Cloud PC, a text")]],
        Field(min_length=1, max_length=MOST_VALIDATED),
    ]
    targetServicePlanId: Annotated[Id, not_empty("write the id of one of servicePlans")]


Form = TypeVar("Form", bound=Value)

_OURS = properties_of(UserSettingForm)
_READ_ONLY = properties_of(UserSettingView) - _OURS - {"assignments"}
"""Read-only properties, which a request may contain: Graph's reference lists lastModifiedDateTime as required."""
_HIDDEN = {"provisioningSourceType": Only(("image",))}
_SWITCHES = ("crossRegionDisasterRecoverySetting", "notificationSetting")
_OFF = (None, False, "notConfigured")
_BY_HOURS = {int(each.every.total_seconds() // 3600): each for each in FrequencyType if each.every is not None}


def user_setting_body(form: type[Form], raw: Mapping[str, Any], view: Mapping[str, Any] = MappingProxyType({})) -> Form:
    """Convert a Graph body to the *form*. *view*: the current settings as shown to clients, for a change.

    Raises: InvalidError, also for settings that we do not support, unless they are off.
    """
    given = changes(raw, view)
    switched = {name: given.pop(name, None) for name in _SWITCHES}
    problems = list(_by_type(given))
    assignments = Only(() if view else ([],), "is set by assign")
    body = read_declared(form, given, ignored=_READ_ONLY, hidden=_HIDDEN | {"assignments": assignments}, nulls=_OURS)
    body.problems += problems
    for name, value in switched.items():
        if value is not None and not (isinstance(value, dict) and all(_is_off(*each) for each in value.items())):
            body.wrong(f"/{name}", "is not supported; leave it out, or switch everything in it off")
    body.settle()
    return parse(form, body.values)


def _is_off(name: str, value: object) -> bool:
    return "@odata." in name or value in _OFF


def _by_type(body: dict[str, Any]) -> list[Problem]:
    """Replace hours, which beta had earlier, by the frequency type of restore points; return the problems."""
    setting = body.get("restorePointSetting")
    if not isinstance(setting, Mapping) or "frequencyInHours" not in setting:
        return []
    rest = {name: value for name, value in setting.items() if name != "frequencyInHours"}
    hours = setting["frequencyInHours"]
    named = _BY_HOURS.get(hours) if type(hours) is int else None
    body["restorePointSetting"] = {**rest, "frequencyType": named.value} if named else rest
    place = "/restorePointSetting/frequencyInHours"
    if named is None and hours is not None:
        return [Problem(place, f"write one of {', '.join(map(str, _BY_HOURS))}, or frequencyType alone")]
    if named and rest.get("frequencyType") not in {None, named.value}:
        return [Problem(place, "is another frequency than frequencyType; write one of the two")]
    return []
