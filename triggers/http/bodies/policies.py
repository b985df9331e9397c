"""Bodies of provisioning policies (Graph: cloudPcProvisioningPolicy) as the form of the wizard."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Required

from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

from shared.domain.images.image import ImageType
from shared.domain.networks.connection import Connection, JoinType
from shared.domain.wizards.create_provisioning_policy import frontline_problem
from shared.errors import InvalidError, Problem
from triggers.http.bodies.reading import Body
from triggers.http.json_schema import annotated
from triggers.http.views.policies import ManagedDesktopView, WindowsSettingView

POINTERS = {
    "/connection/connectionIds": "/domainJoinConfigurations",
    "/image": "",
    "/configuration/locale": "/windowsSetting/locale",
    "/configuration/namingTemplate": "/cloudPcNamingTemplate",
    "/configuration": "",
    "/detail": "",
}
"""Where the wizard's fields are in Graph's body."""
READ_ONLY = ("id", "createdDateTime", "lastModifiedDateTime", "createdBy", "lastModifiedBy")
_UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "userExperienceType": ("cloudPc",),
    "managedBy": ("windows365",),
    "scopeIds": ([], ["0"]),
    "microsoftManagedDesktop": ({"managedType": "notManaged"}, {"managedType": "notManaged", "profile": ""}),
    "snapshotResetMode": ("notApplicable",),
    "autopatch": (),
    "autopilotConfiguration": (),
    "userSettingsPersistenceConfiguration": (),
    "cloudPcGroupDisplayName": (),
    "alternateResourceUrl": (),
}


@annotated
class DomainJoinBody(TypedDict, total=False):
    """A connection. Its site decides *regionName* and *regionGroup*."""

    domainJoinType: JoinType
    type: JoinType
    onPremisesConnectionId: str
    regionName: str | None
    regionGroup: str | None


class _PolicyProperties(TypedDict, total=False):
    description: str
    imageType: ImageType
    imageDisplayName: str
    localAdminEnabled: bool
    cloudPcNamingTemplate: str | None
    gracePeriodInHours: Annotated[int, Field(ge=1, le=8760)] | None
    windowsSetting: WindowsSettingView
    enableSingleSignOn: bool
    provisioningType: Literal["dedicated"]
    userExperienceType: Literal["cloudPc"]
    managedBy: Literal["windows365"]
    microsoftManagedDesktop: ManagedDesktopView
    alternateResourceUrl: None
    cloudPcGroupDisplayName: None
    scopeIds: Annotated[list[str], WithJsonSchema({"enum": [[], ["0"]]})]


@annotated
class PolicyBody(_PolicyProperties, TypedDict):
    """A provisioning policy to create."""

    displayName: str
    imageId: str
    domainJoinConfigurations: list[DomainJoinBody]


@annotated
class PolicyEdit(_PolicyProperties, TypedDict, total=False):
    """What changes of a provisioning policy."""

    displayName: str
    imageId: str
    domainJoinConfigurations: list[DomainJoinBody]


_TargetType = TypedDict("_TargetType", {"@odata.type": str}, total=False)


@annotated
class AssignmentTargetBody(_TargetType, TypedDict, total=False):
    """A group."""

    groupId: Required[str]
    servicePlanId: str | None


@annotated
class AssignmentBody(TypedDict):
    """A group to which a policy is to be assigned."""

    target: AssignmentTargetBody


@annotated
class AssignBody(TypedDict):
    """All groups to which a policy is to be assigned, in place of those it is assigned to."""

    assignments: list[AssignmentBody]


def policy_form(raw: Mapping[str, Any], connections: tuple[Connection, ...]) -> dict[str, Any]:
    """Return the wizard's form for Graph's body. Raises: InvalidError."""
    body = Body(raw)
    refuse_unsupported(body)
    body.read_only(*READ_ONLY)
    body.only("assignments", ([],), "is set by assign")
    taken = {
        "locale": locale(body),
        "namingTemplate": body.take("cloudPcNamingTemplate"),
        "localAdminEnabled": body.take("localAdminEnabled"),
        "gracePeriodInHours": body.take("gracePeriodInHours"),
    }
    single = body.take("enableSingleSignOn") if body.has("enableSingleSignOn") else None
    taken["enableSingleSignOn"] = False if single is None else single  # Graph's default; the wizard's is true
    configuration = {name: value for name, value in taken.items() if value is not None}
    image = {name: value for name in ("imageType", "imageId") if (value := body.take(name)) is not None}
    detail = {name: value for name in ("displayName", "description") if (value := body.take(name)) is not None}
    ids = connection_ids(body, connections)
    body.settle()
    return {
        "connection": {"connectionIds": ids},
        "image": {"imageType": "gallery", **image},
        "configuration": configuration,
        "groups": {"groupIds": []},
        "detail": detail,
    }


def refuse_unsupported(body: Body) -> None:
    """Read what our Cloud PCs do not support; anything but its default is an error."""
    provisioning = body.take("provisioningType") or "dedicated"
    if wrong := frontline_problem(str(provisioning)):
        body.wrong("/provisioningType", wrong)
    for name, defaults in _UNSUPPORTED.items():
        body.only(name, defaults)
    body.take("imageDisplayName")  # Graph's clients send it along; the image's own is shown


def assigned_group_ids(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the groups that the body of Graph's ``assign`` names, each once. Raises: InvalidError."""
    body = Body(raw)
    assignments = body.take("assignments")
    if not isinstance(assignments, list):
        body.wrong("/assignments", "a list is needed")
        assignments = []
    group_ids: list[str] = []
    for n, each in enumerate(assignments):
        target = each.get("target") if isinstance(each, dict) else None
        group_id = target.get("groupId") if isinstance(target, dict) else None
        if not isinstance(target, dict) or not isinstance(group_id, str):
            body.wrong(f"/assignments/{n}/target/groupId", "required")
            continue
        if target.get("servicePlanId") is not None:
            body.wrong(f"/assignments/{n}/target/servicePlanId", "must be null for dedicated Cloud PCs")
        group_ids.append(group_id)
    body.settle()
    return tuple(dict.fromkeys(group_ids))


def locale(body: Body) -> Any:  # noqa: ANN401 - JSON
    """Read the display language."""
    setting, older_name = body.take("windowsSetting"), body.take("windowsSettings")
    if isinstance(setting, dict):
        return setting.get("locale")
    if isinstance(older_name, dict):
        return older_name.get("language")
    if setting is not None or older_name is not None:
        body.wrong("/windowsSetting", "must be an object")
    return None


def connection_ids(body: Body, connections: tuple[Connection, ...]) -> list[str]:
    """Read the connections of the domain join configurations."""
    joins = body.take("domainJoinConfigurations")
    if not isinstance(joins, list) or not joins:
        body.wrong("/domainJoinConfigurations", "name at least one onPremisesConnectionId")
        return []
    known = {c.id: c for c in connections}
    found: list[str] = []
    for n, join in enumerate(joins):
        try:
            found.append(_connection_id(join, known))
        except InvalidError as error:
            for problem in error.problems:
                body.wrong(f"/domainJoinConfigurations/{n}{problem.pointer}", problem.message)
    return found


def _connection_id(join: Any, known: Mapping[str, Connection]) -> str:  # noqa: ANN401 - JSON
    body = Body(join if isinstance(join, dict) else {})
    join_type, older_name = body.take("domainJoinType"), body.take("type")
    connection_id = body.take("onPremisesConnectionId")
    for name, defaults in {
        "regionName": ("",),
        "regionGroup": ("default",),
        "geographicLocationType": ("default",),
    }.items():
        body.only(name, defaults, "is decided by the connection's site")
    body.settle()
    if not isinstance(connection_id, str):
        raise InvalidError(Problem("/onPremisesConnectionId", "required; a connection also names hosted networks"))
    connection, wanted = known.get(connection_id), join_type or older_name
    if connection and wanted not in {None, connection.join_type.value}:
        raise InvalidError(Problem("/domainJoinType", f"the connection joins by {connection.join_type.value}"))
    return connection_id
