"""Tenants, sites, power schedules, user settings and provisioning policies: written by PATCH, PUT and POST."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from deskwright.errors import UsageError
from deskwright.foresight import change_of, policy_steps
from deskwright.manifests.kind import Change, Found, Json, Kind, Writing
from deskwright.manifests.references import References
from deskwright.operations import operation
from deskwright.schemas import faults_of

_STEPS = {"displayName": "name", "resourceGroup": "network", "addressSpace": "network"}
"""The steps of a site's wizards that hold its properties; all other properties are in `place`."""


class _Tenant(Kind):
    """The tenant of the command: there is no other."""

    name, key = "tenant", ("id",)
    lists, shows = "list_tenants", "get_tenant"
    properties = ("displayName", "settings", "furtherSubscriptionIds", "spotLicenses")

    def views(self, references: References) -> Iterator[Mapping[str, Any]]:
        yield references.tenant

    def given(self, identifier: str) -> dict[str, str]:  # noqa: ARG002 - the address has the tenant already
        return {}

    def find(self, references: References, label: str) -> Found | None:
        if label != references.use.tenant:
            raise UsageError(f"the file is about the tenant {label}, and the command about {references.use.tenant}")
        return self.read(references.use, label)

    def word(self, found: Json, view: Mapping[str, Any], references: References) -> None:  # noqa: ARG002 - of the base class
        for name in ("furtherSubscriptionIds", "spotLicenses"):
            if not found.get(name):
                found.pop(name, None)

    def dry_runs(self, change: Change, writing: Writing) -> Iterator[Json | None]:  # noqa: ARG002 - of the base class
        if "settings" in change.touched:
            yield change_of("settings", "", change.said)

    def forms(self, change: Change, writing: Writing) -> Iterator[tuple[str, Json]]:  # noqa: ARG002 - of the base class
        said = self._changed(change)
        licences = ("furtherSubscriptionIds", "spotLicenses")
        steps = {
            "name": {"displayName": said["displayName"]} if "displayName" in said else {},
            "settings": said.get("settings"),
            "licences": {name: said[name] for name in licences if said.get(name) is not None},
        }
        yield "edit-tenant", {name: fields for name, fields in steps.items() if fields}

    def write(self, change: Change, writing: Writing) -> Iterator[str | None]:
        yield writing.send("update_tenant", self._changed(change), etag=change.etag).operation

    def _changed(self, change: Change) -> Json:
        return {name: change.said[name] for name in self.properties if name in change.touched}


class _Site(Kind):
    """A site: a PUT replaces all of it."""

    name, key = "site", ("id",)
    lists, shows = "list_sites", "get_site"
    properties = ("displayName", "region", "fallbackRegions", "zones", "resourceGroup", "addressSpace")

    def given(self, identifier: str) -> dict[str, str]:
        return {"site": identifier}

    def forms(self, change: Change, writing: Writing) -> Iterator[tuple[str, Json]]:  # noqa: ARG002 - of the base class
        steps: dict[str, Json] = {"name": {}} if change.found else {"name": {"id": change.label}}
        for name, value in self._whole(change).items():
            if value is not None:
                steps.setdefault(_STEPS.get(name, "place"), {})[name] = value
        yield ("edit-site", {"site": {"siteId": change.label}, **steps}) if change.found else ("create-site", steps)

    def write(self, change: Change, writing: Writing) -> Iterator[str | None]:
        yield writing.send("put_site", self._whole(change), self.given(change.label), change.etag).operation

    def _whole(self, change: Change) -> Json:
        return {name: value for name, value in change.whole.items() if name in self.properties}


class _PowerSchedule(Kind):
    name = "powerSchedule"
    lists, shows = "list_power_schedules", "get_power_schedule"
    properties = tuple(
        field.name for field in operation("add_power_schedule").fields or () if field.name not in Kind.key
    )

    def faults(self, change: Change) -> Iterator[str]:
        name = "change_power_schedule" if change.found else "add_power_schedule"
        yield from faults_of(self._body(change), operation(name).schema)

    def write(self, change: Change, writing: Writing) -> Iterator[str | None]:
        if change.found is None:
            yield writing.send("add_power_schedule", self._body(change)).operation
        else:
            given = self.given(change.found.identifier)
            yield writing.send("change_power_schedule", self._body(change), given, change.etag).operation

    def _body(self, change: Change) -> Json:
        names = self.properties if change.found else (*self.key, *self.properties)
        return {name: change.said[name] for name in names if name in change.said}


class _Assigned(Kind):
    """A kind that is assigned to groups. *creates*, *changes*, *assigns*: operations."""

    grouped = True
    creates: str
    changes: str
    assigns: str

    def query(self) -> dict[str, str]:
        return {"$expand": "assignments"}

    def word(self, found: Json, view: Mapping[str, Any], references: References) -> None:  # noqa: ARG002 - of the base class
        found["groups"] = [each["target"]["groupId"] for each in view.get("assignments") or ()]

    def body(self, said: Mapping[str, Any], references: References) -> Json:  # noqa: ARG002 - for policies
        """Return the properties of a document as the body of a request."""
        return {name: said[name] for name in (*self.key, *self.properties) if name in said}

    def write(self, change: Change, writing: Writing) -> Iterator[str | None]:
        groups = change.said.get("groups")
        if change.found is None:
            answer = writing.send(self.creates, self.body(change.said, writing.references))
            yield answer.operation
            identifier, assign = str(answer.body["id"]), bool(groups)
        else:
            identifier, assign = change.found.identifier, "groups" in change.touched
            said = {name: value for name, value in change.said.items() if name in change.touched - {"groups"}}
            if said:
                body = self.body(said, writing.references)
                yield writing.send(self.changes, body, self.given(identifier), change.found.etag).operation
        if assign:
            yield writing.send(self.assigns, targets(groups), self.given(identifier)).operation


def targets(groups: Iterable[str] | None) -> Json:
    """Return the body that assigns something to groups."""
    return {"assignments": [{"target": {"groupId": each}} for each in groups or ()]}


class _UserSetting(_Assigned):
    name = "userSetting"
    lists, shows = "list_user_settings", "get_user_setting"
    creates, changes, assigns = "add_user_setting", "change_user_setting", "assign_user_settings"
    properties = tuple(field.name for field in operation(creates).fields or () if field.name not in _Assigned.key)

    def faults(self, change: Change) -> Iterator[str]:
        names = self.properties if change.found else (*self.key, *self.properties)
        body = {name: change.said[name] for name in names if name in change.said}
        yield from faults_of(body, operation(self.changes if change.found else self.creates).schema)


_OURS = "@deskwright."
_SETTABLE = {
    field.name.removeprefix(_OURS): field.name for field in operation("update_policy").fields or () if field.form
}
"""The properties of a policy by their names in a file, in which ours have no prefix."""
_SCHEDULE_ID = "powerScheduleId"
"""Files name the power schedule instead."""

_SCRIPTS = "scripts"


class _Policy(_Assigned):
    name = "provisioningPolicy"
    lists, shows = "list_policies", "get_policy"
    creates, changes, assigns = "create_policy", "update_policy", "assign_policy"
    properties = (
        *(name for name in _SETTABLE if name not in {"displayName", _SCHEDULE_ID}),
        *("image", "connections", "powerSchedule"),
    )
    references = {  # noqa: RUF012 - as the base class declares it
        "connections": "connection",
        "image": "deviceImage",
        "powerSchedule": "powerSchedule",
    }

    def word(self, found: Json, view: Mapping[str, Any], references: References) -> None:
        super().word(found, view, references)
        joins = [each["onPremisesConnectionId"] for each in view["domainJoinConfigurations"]]
        found["connections"] = [references.label_of("connection", each) for each in joins]
        own = {name: graph for name, graph in _SETTABLE.items() if name not in {graph, _SCHEDULE_ID, _SCRIPTS}}
        found |= {name: view[graph] for name, graph in own.items() if graph in view}  # an earlier service lacks some
        if scripts := view.get(_SETTABLE[_SCRIPTS]):
            found[_SCRIPTS] = scripts
        if schedule := view.get(_SETTABLE[_SCHEDULE_ID]):
            found["powerSchedule"] = references.label_of("powerSchedule", schedule)
        if view["imageType"] == "custom":
            found["image"] = references.label_of("deviceImage", found.pop("imageId"))
        if found["gracePeriodInHours"] == references.tenant["settings"]["gracePeriodInHours"]:
            del found["gracePeriodInHours"]

    def body(self, said: Mapping[str, Any], references: References) -> Json:
        body = super().body(said, references)
        if "connections" in body:
            ids = [references.identifier("connection", each) for each in body.pop("connections") or ()]
            body["domainJoinConfigurations"] = [{"onPremisesConnectionId": each} for each in ids]
        if image := body.pop("image", None):
            body["imageId"], body["imageType"] = references.identifier("deviceImage", image), "custom"
        if "powerSchedule" in body:
            named = body.pop("powerSchedule")
            body[_SCHEDULE_ID] = references.identifier("powerSchedule", named) if named else None
        return {_SETTABLE.get(name, name): value for name, value in body.items()}

    def dry_runs(self, change: Change, writing: Writing) -> Iterator[Json | None]:
        if change.found is None:
            return
        if "groups" in change.touched:
            yield change_of("assign", change.found.identifier, targets(change.said.get("groups")))
        if rest := change.touched - {"groups"}:
            body = self.body({name: change.said[name] for name in rest}, writing.references)
            yield change_of("edit", change.found.identifier, body)

    def forms(self, change: Change, writing: Writing) -> Iterator[tuple[str, Json]]:
        if change.found is not None:
            said = {name: change.said[name] for name in change.touched - {"groups"}}
            if steps := policy_steps(self.body(said, writing.references)):
                yield "edit-provisioning-policy", {"policy": {"policyId": change.found.identifier}, **steps}
            return
        body = self.body(change.said, writing.references)
        groups = change.said.get("groups", [])
        form = {
            **policy_steps(body),
            "groups": {"groupIds": groups},
            "throughStep": "groups" if groups else "configuration",
        }
        yield "create-provisioning-policy", form


TENANT, SITE, POWER_SCHEDULE, USER_SETTING, POLICY = _Tenant(), _Site(), _PowerSchedule(), _UserSetting(), _Policy()
