"""The words of commands: verbs, nouns, and how things are named."""

from collections.abc import Mapping
from dataclasses import dataclass

from deskwright.operations import actions, operation, operation_at

DESTROYS = "This cannot be undone."


@dataclass(frozen=True, slots=True)
class Verb:
    """One command.

    *columns*: of its table, each a path or ``TITLE=path``. *rows*: the list inside the answer that the table shows.
    *asks*: what it asks before it begins; ``{}`` is what the caller has named. *confirms*: the service is asked first
    what would be lost, and wants ``confirm=true``. *named*: whose names its first argument takes besides an id.
    *wizard*: the wizard whose form it sends; *fills*: the field of that form, ``step.field``, that its argument is.
    *own_dry_run*: the body's ``dryRun`` asks the service what would happen; *planned_as*: which dry run of the planner
    does: assign, edit, settings or pause.
    *select*: the properties that it reads; of a list only for people, who see a few columns of many rows.
    *spread*: the list inside each item, each entry of which is a row of its own where there are columns. *on_tenant*:
    its argument, if it is given, is the tenant.
    """

    name: str
    operation: str
    columns: tuple[str, ...] = ()
    rows: str = ""
    asks: str = ""
    confirms: bool = False
    named: str = ""
    wizard: str = ""
    about: str = ""
    fills: str = ""
    own_dry_run: bool = False
    planned_as: str = ""
    select: str = ""
    spread: str = ""
    on_tenant: bool = False


@dataclass(frozen=True, slots=True)
class Noun:
    """A kind of resource, with its commands."""

    name: str
    about: str
    verbs: tuple[Verb, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Lookup of an id by name: the list to look in, and the properties that are compared with it.

    *told_apart*: the property that differs between two things of one name; the name and it, with a space between, are
    a name as well. *called*: what people call such a thing.
    """

    called: str
    listed_by: str
    properties: tuple[str, ...]
    told_apart: str = ""


NAMES: Mapping[str, Named] = {
    "pc": Named(
        "Cloud PC", "list_cloud_pcs", ("managedDeviceName", "userPrincipalName", "displayName"), "servicePlanName"
    ),
    "policy": Named("policy", "list_policies", ("displayName",)),
    "connection": Named("connection", "list_connections", ("displayName",)),
    "image": Named("image", "list_device_images", ("displayName",), "version"),
    "image-set": Named("image set", "list_image_sets", ("displayName",)),
    "spot": Named("Spot Group", "list_spot_groups", ("displayName",)),
    "user-setting": Named("user setting", "list_user_settings", ("displayName",)),
    "power-schedule": Named("power schedule", "list_power_schedules", ("displayName",)),
    "script": Named("script", "list_scripts", ("displayName",)),
    "maintenance-window": Named("maintenance window", "list_maintenance_windows", ("displayName",)),
    "role": Named("role", "list_role_definitions", ("displayName",)),
    "role-assignment": Named("assignment of a role", "list_access_grants", ("displayName",)),
    "notice-endpoint": Named("endpoint of notices", "list_notice_endpoints", ("displayName",)),
    "site": Named("site", "list_sites", ("id", "displayName")),
    "my": Named("Cloud PC of yours", "list_own_cloud_pcs", ("displayName", "computerName"), "servicePlanName"),
}
"""Kinds of resources that can be named by their display names."""

FORESEEN = (
    *("ACTION=action", "USER=userPrincipalName", "PLAN=servicePlanName", "STATUS=status"),
    *("POLICY=policyName", "REASON=reason"),
)
FORESEEN_MEMBERS = ("ACTION=action", "USER=userPrincipalName", "REASON=reason")
ACTIONS = ("ACTION=action", "POSSIBLE=possible", "REASON=reason", "CHOICES=choices")
NAME = ("NAME=displayName",)
ID = ("ID=id",)
CHANGED = ("CHANGED=lastModifiedDateTime",)

SHOWN_OTHERWISE: Mapping[str, str] = {
    "reprovision_cloud_pc": "pc reprovision sends our own request, which has one option more",
    **dict.fromkeys(
        (each.name for each in actions("me") if each.in_tenant),
        "Graph's shape for its SDKs; my has commands for those of all tenants",
    ),
}
"""Operations of actions that have no command, and why."""


def resource_noun(name: str, about: str, columns: tuple[str, ...], *further: Verb) -> Noun:
    """Return the noun of a resource with commands to list, show, create, update and delete it, and *further* ones.

    *columns*: of its list. *name*: in ``NAMES``; the other operations are those of the list's address.
    """
    named = NAMES[name]
    path = operation(named.listed_by).path
    one = f"{path}/{{id}}"
    return Noun(
        name,
        about,
        (
            Verb("list", named.listed_by, columns),
            Verb("show", operation_at("GET", one).name, named=name),
            Verb("create", operation_at("POST", path).name),
            Verb("update", operation_at("PATCH", one).name, named=name),
            Verb(
                "delete",
                operation_at("DELETE", one).name,
                named=name,
                asks=f"Delete the {named.called} {{}}? {DESTROYS}",
            ),
            *further,
        ),
    )


def verbs_of(resource: str, *, named: str, called: Mapping[str, str], asks: Mapping[str, str]) -> tuple[Verb, ...]:
    """Return a command for each action on a kind of resource. *called*: names of commands; *asks*: their questions."""
    made = []
    for found in actions(resource):
        if found.action is None or found.name in SHOWN_OTHERWISE:
            continue
        name = found.action.name
        command = called.get(name) or "".join(f"-{each.lower()}" if each.isupper() else each for each in name)
        made.append(Verb(command, found.name, named=named, asks=question(found.name, asks.get(name, ""))))
    return tuple(made)


def question(name: str, asks: str = "") -> str:
    """Return the question before an action; before an action that destroys there always is one, and it says so."""
    action = operation(name).action
    if action is None or not action.destroys:
        return asks
    return f"{asks or f'{action.name} {{}}?'} {DESTROYS}"
