"""Bodies of provisioning policies (Graph: cloudPcProvisioningPolicy) as the form of the wizard."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, Required

from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

from shared.domain.images.image import ImageType
from shared.domain.json_text import escape
from shared.domain.networks.connection import JoinType
from shared.domain.policies.policy import SecurityDefaults
from shared.domain.values import Id, ResourceId, Word
from shared.domain.wizards.create_provisioning_policy import MOST_CONNECTIONS, MOST_GROUPS, frontline_problem
from shared.domain.wizards.names import Name
from triggers.http.bodies.domain_joins import Reachable, connection_ids
from triggers.http.bodies.reading import LONGEST_ID, Body, is_id, unannotated
from triggers.http.json_schema import DumpOf, Json, annotated, read_only, sent_back
from triggers.http.views.policies import AssignmentView, ManagedDesktopView, PolicyView, WindowsSettingView

SECURITY_DEFAULTS = "@deskwright.securityDefaults"
"""Graph has no such property: Windows 365 sets its defaults on every Cloud PC."""
POINTERS = {
    **{
        f"/connection/connectionIds/{n}": f"/domainJoinConfigurations/{n}/onPremisesConnectionId"
        for n in range(MOST_CONNECTIONS)
    },
    "/connection/connectionIds": "/domainJoinConfigurations",
    "/image": "",
    "/configuration/locale": "/windowsSetting/locale",
    "/configuration/namingTemplate": "/cloudPcNamingTemplate",
    "/configuration/securityDefaults": f"/{SECURITY_DEFAULTS}",
    "/configuration": "",
    "/detail": "",
}
"""Pointers of the wizard's fields in Graph's body."""
_OTHERS = ("createdBy", "lastModifiedBy")
_UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "userExperienceType": ("cloudPc",),
    "managedBy": ("windows365",),
    "scopeIds": ([], ["0"]),
    "microsoftManagedDesktop": ({"managedType": "notManaged"}, {"managedType": "notManaged", "profile": ""}),
    "snapshotResetMode": ("notApplicable",),
    "autopatch": (),
    "autopilotConfiguration": (),
    "userSettingsPersistenceConfiguration": (),
}


@annotated
class DomainJoinBody(TypedDict, total=False):
    """A connection, or the region whose hosted network is meant.

    A connection's site decides *regionName* and *regionGroup*; without a connection they choose one.
    """

    domainJoinType: JoinType
    type: JoinType
    onPremisesConnectionId: Id
    regionName: Word | None
    regionGroup: Word | None


@annotated
class AutopatchBody(TypedDict, total=False):
    """Graph's cloudPcProvisioningPolicyAutopatch: there are no Autopatch groups here."""

    autopatchGroupId: None


_Extensions = TypedDict(
    "_Extensions", {"@deskwright.securityDefaults": Annotated[Json, DumpOf(SecurityDefaults)]}, total=False
)


class _PolicyProperties(_Extensions, TypedDict, total=False):
    description: Annotated[str, Field(max_length=1500)]
    imageType: ImageType
    imageDisplayName: Id
    localAdminEnabled: bool
    cloudPcNamingTemplate: Word | None
    gracePeriodInHours: Annotated[int, Field(ge=1, le=8760)] | None
    windowsSetting: WindowsSettingView
    enableSingleSignOn: bool
    provisioningType: Literal["dedicated"]
    userExperienceType: Literal["cloudPc"]
    autopatch: AutopatchBody | None
    managedBy: Literal["windows365"]
    microsoftManagedDesktop: ManagedDesktopView
    scopeIds: Annotated[list[str], WithJsonSchema({"enum": [[], ["0"]]})]


@sent_back(PolicyView, *_OTHERS)
class PolicyBody(_PolicyProperties, TypedDict):
    """A provisioning policy to create."""

    displayName: Name
    imageId: ResourceId
    domainJoinConfigurations: Annotated[list[DomainJoinBody], Field(max_length=MOST_CONNECTIONS)]


@sent_back(PolicyView, *_OTHERS)
class PolicyEdit(_PolicyProperties, TypedDict, total=False):
    """Changed properties of a provisioning policy."""

    displayName: Name
    imageId: ResourceId
    domainJoinConfigurations: Annotated[list[DomainJoinBody], Field(max_length=MOST_CONNECTIONS)]


READ_ONLY = read_only(PolicyView, PolicyBody) | {*_OTHERS}
_TargetType = TypedDict("_TargetType", {"@odata.type": Word}, total=False)


@annotated
class AssignmentTargetBody(_TargetType, TypedDict, total=False):
    """A group."""

    groupId: Required[Id]
    servicePlanId: Id | None


@sent_back(AssignmentView, "createdDateTime")
class AssignmentBody(TypedDict):
    """A group to which a policy is to be assigned."""

    target: AssignmentTargetBody


_OF_ASSIGNMENTS = read_only(AssignmentView, AssignmentBody) | {"createdDateTime", "target"}


@annotated
class AssignBody(TypedDict):
    """All groups to which a policy is to be assigned, in place of those it is assigned to."""

    assignments: Annotated[list[AssignmentBody], Field(max_length=MOST_GROUPS)]


def policy_form(raw: Mapping[str, Any], reachable: Reachable) -> dict[str, Any]:
    """Return the wizard's form for Graph's body. Raises: InvalidError."""
    body = Body(raw)
    refuse_unsupported(body)
    body.only("assignments", ([],), "is set by assign")
    taken = {
        "locale": locale(body),
        "namingTemplate": body.take("cloudPcNamingTemplate"),
        "localAdminEnabled": body.take("localAdminEnabled"),
        "gracePeriodInHours": body.take("gracePeriodInHours"),
        "securityDefaults": unannotated(body.take(SECURITY_DEFAULTS)),
    }
    single = body.take("enableSingleSignOn") if body.has("enableSingleSignOn") else None
    taken["enableSingleSignOn"] = False if single is None else single  # Graph's default; the wizard's is true
    configuration = {name: value for name, value in taken.items() if value is not None}
    image = {name: value for name in ("imageType", "imageId") if (value := body.take(name)) is not None}
    detail = {name: value for name in ("displayName", "description") if (value := body.take(name)) is not None}
    ids = connection_ids(body, reachable)
    body.ignore(READ_ONLY)
    body.settle()
    return {
        "connection": {"connectionIds": ids},
        "image": {"imageType": "gallery", **image},
        "configuration": configuration,
        "groups": {"groupIds": []},
        "detail": detail,
    }


def refuse_unsupported(body: Body) -> None:
    """Read properties that our Cloud PCs do not support; anything but their defaults is an error."""
    provisioning = body.take("provisioningType")
    if provisioning is not None and (wrong := frontline_problem(str(provisioning))):
        body.wrong("/provisioningType", wrong)
    for name, defaults in _UNSUPPORTED.items():
        body.only(name, defaults)
    name = body.take("imageDisplayName")  # Graph's clients send it along; the image's own is shown
    if name is not None and not (isinstance(name, str) and len(name) <= LONGEST_ID):
        body.wrong("/imageDisplayName", f"leave it out, or write a text of at most {LONGEST_ID} characters")


def assigned_group_ids(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the groups that the body of Graph's ``assign`` names, each once. Raises: InvalidError."""
    body = Body(raw)
    assignments = body.take("assignments")
    if not isinstance(assignments, list):
        body.wrong("/assignments", "write a list, one object with a target for each group")
        assignments = []
    if len(assignments) > MOST_GROUPS:
        body.wrong("/assignments", f"name at most {MOST_GROUPS} groups")
        assignments = []
    group_ids: list[str] = []
    for n, each in enumerate(assignments):
        target = each.get("target") if isinstance(each, dict) else None
        _refuse_unknown(body, each, f"/assignments/{n}", _OF_ASSIGNMENTS)
        _refuse_unknown(body, target, f"/assignments/{n}/target", {"groupId", "servicePlanId"})
        group_id = target.get("groupId") if isinstance(target, dict) else None
        if not isinstance(target, dict) or not is_id(group_id):
            body.wrong(f"/assignments/{n}/target/groupId", "write the object id of a group, a text")
            continue
        if target.get("servicePlanId") is not None:
            body.wrong(f"/assignments/{n}/target/servicePlanId", "must be null for dedicated Cloud PCs")
        group_ids.append(group_id)
    body.settle()
    return tuple(dict.fromkeys(group_ids))


def _refuse_unknown(body: Body, found: object, pointer: str, known: Collection[str]) -> None:
    """Refuse members of an object of Graph that are neither in *known* nor annotations, unless they are null."""
    for name, value in found.items() if isinstance(found, dict) else ():
        if name not in known and "@odata." not in name and value is not None:
            body.wrong(f"{pointer}/{escape(name)}", "unknown property; leave it out")


def locale(body: Body) -> Any:  # noqa: ANN401 - JSON
    """Read the display language."""
    setting, older_name = body.take("windowsSetting"), body.take("windowsSettings")
    if isinstance(setting, dict):
        _refuse_unknown(body, setting, "/windowsSetting", {"locale"})
        return setting.get("locale")
    if isinstance(older_name, dict):
        return older_name.get("language")
    if setting is not None or older_name is not None:
        body.wrong("/windowsSetting", "must be an object")
    return None
