"""Bodies of provisioning policies (Graph: cloudPcProvisioningPolicy) as the form of the wizard."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, Required

from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

from shared.domain.policies.policy import Policy
from shared.domain.values import Id, Word
from shared.domain.wizards.create_provisioning_policy import MOST_CONNECTIONS, MOST_GROUPS
from shared.domain.wizards.edits import PolicyForm as Form
from shared.domain.wizards.edits import form_of
from triggers.http.bodies.connections import DomainJoinBody, Reachable, connection_ids
from triggers.http.bodies.declared import Ignoring, Only, ReadElsewhere, changes, not_empty, read_declared
from triggers.http.json_schema import annotated, read_only, sent_back
from triggers.http.properties import typed
from triggers.http.views.policies import FIXED, PROPERTIES, AssignmentView, ManagedDesktopView, PolicyView

_ASSIGNED = "is set by assign"
POINTERS = {
    **{
        f"/connection/connectionIds/{n}": f"/domainJoinConfigurations/{n}/onPremisesConnectionId"
        for n in range(MOST_CONNECTIONS)
    },
    "/connection/connectionIds": "/domainJoinConfigurations",
    **PROPERTIES.pointers(),
    **dict.fromkeys(("/image", "/configuration", "/detail"), ""),
}
"""Pointers of the wizard's fields in Graph's body."""
_OTHERS = ("createdBy", "lastModifiedBy")
_HIDDEN = {
    "snapshotResetMode": Only(("notApplicable",)),
    "autopilotConfiguration": Only(),
    "userSettingsPersistenceConfiguration": Only(),
}


@annotated
class AutopatchBody(TypedDict, total=False):
    """Graph's cloudPcProvisioningPolicyAutopatch: there are no Autopatch groups here."""

    autopatchGroupId: None


_UNSUPPORTED = {
    "userExperienceType": Annotated[Literal["cloudPc"], Only(("cloudPc",))],
    "managedBy": Annotated[Literal["windows365"], Only(("windows365",))],
    "scopeIds": Annotated[list[str], WithJsonSchema({"enum": [[], ["0"]]}), Only(([], ["0"]))],
    "microsoftManagedDesktop": Annotated[
        ManagedDesktopView, Only(({"managedType": "notManaged"}, FIXED["microsoftManagedDesktop"]))
    ],
    "autopatch": Annotated[AutopatchBody | None, Only()],
}


def _body(name: str, about: str, *, new: bool) -> type[Any]:
    joins = Annotated[list[DomainJoinBody], Field(max_length=MOST_CONNECTIONS), ReadElsewhere()]
    needed = Required if new else NotRequired
    types = {
        **PROPERTIES.body_types(new=new),
        "imageDisplayName": NotRequired[Id],  # Graph's clients send it along; the image's own is shown
        "domainJoinConfigurations": needed[joins],
        **{name: NotRequired[of] for name, of in _UNSUPPORTED.items()},
    }
    return sent_back(PolicyView, *_OTHERS)(typed(name, types, about))


PolicyBody = _body("PolicyBody", "A provisioning policy to create.", new=True)
PolicyEdit = _body("PolicyEdit", "Changed properties of a provisioning policy.", new=False)
_READ_ONLY = read_only(PolicyView, PolicyBody) | {*_OTHERS}


_TargetType = TypedDict("_TargetType", {"@odata.type": Word}, total=False)


@annotated
class AssignmentTargetBody(_TargetType, TypedDict, total=False):
    """A group."""

    groupId: Required[Annotated[Id, not_empty("write the object id of a group, a text")]]
    servicePlanId: Annotated[Id | None, Only((), "must be null for dedicated Cloud PCs")]


@sent_back(AssignmentView, "createdDateTime")
class AssignmentBody(TypedDict):
    """A group to which a policy is to be assigned."""

    target: AssignmentTargetBody


_Assignment = Annotated[AssignmentBody, Ignoring(read_only(AssignmentView, AssignmentBody) | {"createdDateTime"})]


@annotated
class AssignBody(TypedDict):
    """The groups of a policy, which replace its present assignments."""

    assignments: Annotated[list[_Assignment], Field(max_length=MOST_GROUPS)]


def policy_form(raw: Mapping[str, Any], reachable: Reachable) -> dict[str, Any]:
    """Return the wizard's form for Graph's body. Raises: InvalidError."""
    hidden = {**_HIDDEN, "assignments": Only(([],), _ASSIGNED)}
    body = read_declared(PolicyBody, _renamed(raw), ignored=_READ_ONLY, hidden=hidden)
    ids = connection_ids(body, reachable)
    body.settle()
    return {"connection": {"connectionIds": ids}, **PROPERTIES.form(body.values), "groups": {"groupIds": []}}


def policy_edit_form(raw: Mapping[str, Any], policy: Policy, view: Mapping[str, Any], reachable: Reachable) -> Form:
    """Return the wizard's form of *policy* with the changes of *raw*. Raises: InvalidError.

    *view*: the policy as Graph shows it. What a body repeats of it is no change: clients send back what they have read.
    """
    hidden = {**_HIDDEN, "assignments": Only((), _ASSIGNED)}
    changed = PROPERTIES.without_nulls(_renamed(changes(raw, view)))
    body = read_declared(PolicyEdit, changed, ignored=_READ_ONLY, hidden=hidden, nulls=PROPERTIES.names)
    form = form_of(policy)
    if "domainJoinConfigurations" in body.values:
        form["connection"]["connectionIds"] = connection_ids(body, reachable)
    body.settle()
    PROPERTIES.change(form, body.values)
    return form


def _renamed(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with the display language where v1.0 has it: beta had another name before."""
    body = dict(raw)
    older = body.pop("windowsSettings", None)
    if isinstance(older, Mapping):
        older = {"locale": older.get("language")}
    if older is not None and body.get("windowsSetting") is None:
        body["windowsSetting"] = older
    return body


def assigned_group_ids(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the groups that the body of Graph's ``assign`` names, each once. Raises: InvalidError."""
    body = read_declared(AssignBody, raw)
    body.settle()
    return tuple(dict.fromkeys(each["target"]["groupId"] for each in body.values["assignments"]))
