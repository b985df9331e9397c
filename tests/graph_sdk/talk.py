"""Microsoft's own Graph client, pointed at a tenant: run by tests/e2e/test_graph_sdk.py in ``.tools/graph``.

Reads what to do from standard input, and writes what the client made of the answers. Only the addresses here are
Deskwright's: the models, and what they do with an answer, are Microsoft's.
"""

from __future__ import annotations

import asyncio
import json
import sys
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from azure.identity.aio import ClientSecretCredential
from kiota_abstractions.api_error import APIError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_core import PageIterator
from msgraph_core.authentication import AzureIdentityAuthenticationProvider

Json = dict[str, Any]


class Talk:
    """One version of the client, and its questions."""

    def __init__(self, package: str, given: Json, credential: ClientSecretCredential) -> None:
        sdk: Any = import_module(package)
        self._package, self._given = package, given
        host = urlsplit(given["base"]).hostname or ""
        provider = AzureIdentityAuthenticationProvider(credential, scopes=[given["scope"]], allowed_hosts=[host])
        adapter = sdk.GraphRequestAdapter(provider)
        adapter.base_url = f"{given['base']}/{given['version']}"
        self.endpoint: Any = sdk.GraphServiceClient(request_adapter=adapter).device_management.virtual_endpoint

    def model(self, name: str, module: str, **properties: Any) -> Any:
        """Make one of the client's models."""
        return getattr(import_module(f"{self._package}.generated.{module}"), name)(**properties)

    async def lists(self) -> Json:
        """Read every collection that this version of Graph has; how many there are of each."""
        counts: Json = {}
        for name in self._given["collections"]:
            page = await getattr(self.endpoint, name).get()
            counts[name] = len(page.value)
            assert all(each.id for each in page.value), name
        return counts

    async def policy(self) -> Json:
        """Create, read, list, assign, edit and delete a policy."""
        given, policies = self._given, self.endpoint.provisioning_policies
        made = await policies.post(self._new_policy())
        one = policies.by_cloud_pc_provisioning_policy_id(made.id)
        await one.assign.post(self._assignment(given["group"]))
        read = await one.get(self._expanding("provisioning_policies.item.cloud_pc_provisioning_policy_item"))
        refused = await _refusal(one.delete())
        await one.patch(self.model("CloudPcProvisioningPolicy", _model("provisioning_policy"), description="edited"))
        edited = await one.get()
        await one.assign.post(self._assignment())
        left = await one.assignments.get()
        await one.delete()
        return {
            "name": made.display_name,
            "type": str(made.provisioning_type),
            "join": [each.on_premises_connection_id for each in made.domain_join_configurations],
            "groups": [each.target.group_id for each in read.assignments],
            "refused": refused,
            "description": edited.description,
            "left": len(left.value),
            "gone": await _refusal(one.get()),
        }

    async def cloud_pcs(self) -> Json:
        """List the Cloud PCs and read one."""
        builder = self.endpoint.cloud_p_cs
        page = await builder.get(_configured(builder.CloudPCsRequestBuilderGetQueryParameters(top=999)))
        first = await self.endpoint.cloud_p_cs.by_cloud_p_c_id(self._given["ready"]).get()
        return {
            "users": sorted(pc.user_principal_name for pc in page.value),
            "name": first.display_name,
            "policy": first.provisioning_policy_name,
            "status": str(getattr(first, "status", None)),
        }

    async def pages(self) -> int:
        """Read the Cloud PCs two at a time, as far as the client's own iterator goes."""
        builder = self.endpoint.cloud_p_cs
        options = builder.CloudPCsRequestBuilderGetQueryParameters(top=2)
        first = await builder.get(_configured(options))
        found: set[str] = set()

        def keep(pc: Any) -> bool:
            found.add(pc.id)
            return True

        await PageIterator(first, builder.request_adapter).iterate(keep)
        return len(found)

    async def actions(self) -> Json:
        """Check a connection; count; reprovision one Cloud PC, end another's grace period, rename a third."""
        pcs = self.endpoint.cloud_p_cs
        connections = self.endpoint.on_premises_connections
        await connections.by_cloud_pc_on_premises_connection_id(self._given["connection"]).run_health_checks.post()
        counted = await pcs.retrieve_cloud_pc_count_by_status.get()
        await pcs.by_cloud_p_c_id(self._given["ready"]).reprovision.post(self._reprovision())
        await pcs.by_cloud_p_c_id(self._given["leaving"]).end_grace_period.post()
        again = await _refusal(pcs.by_cloud_p_c_id(self._given["spare"]).end_grace_period.post())
        spare = pcs.by_cloud_p_c_id(self._given["spare"])
        await spare.rename.post(self._rename("By the client"))
        await spare.reboot.post()
        renamed = (await spare.get()).display_name
        return {
            "continue_as_new": again,
            "renamed": renamed,
            "counts": {str(row.status): row.count for row in counted.value},
        }

    async def changes(self) -> Json:
        """Read the audit event of a change."""
        page = await self.endpoint.audit_events.get()
        found = {event.activity: event for event in page.value}
        event = found["Microsoft.CloudPC/provisioningPolicies/update"]
        changed = {p.display_name: p.new_value for r in event.resources for p in r.modified_properties}
        return {"description": changed["description"], "who": event.actor.user_id, "result": str(event.activity_result)}

    def _new_policy(self) -> Any:
        given = self._given
        kind = _model("provisioning_policy")
        join = self.model(
            "CloudPcDomainJoinConfiguration",
            _model("domain_join_configuration"),
            on_premises_connection_id=given["connection"],
        )
        return self.model(
            "CloudPcProvisioningPolicy",
            kind,
            display_name=f"By the client, {given['version']}",
            description="",
            provisioning_type=self._enum("ProvisioningType", "provisioning_type", "Dedicated"),
            image_id=given["image"],
            image_type=self._enum("ProvisioningPolicyImageType", "provisioning_policy_image_type", "Gallery"),
            image_display_name="Windows 11",
            domain_join_configurations=[join],
            windows_setting=self.model("CloudPcWindowsSetting", _model("windows_setting"), locale="en-US"),
        )

    def _assignment(self, *groups: str) -> Any:
        base = "device_management.virtual_endpoint.provisioning_policies.item.assign.assign_post_request_body"
        target = "CloudPcManagementGroupAssignmentTarget"
        made = [
            self.model(
                "CloudPcProvisioningPolicyAssignment",
                _model("provisioning_policy_assignment"),
                target=self.model(target, _model("management_group_assignment_target"), group_id=group),
            )
            for group in groups
        ]
        return self.model("AssignPostRequestBody", base, assignments=made)

    def _expanding(self, builder: str) -> Any:
        module = f"device_management.virtual_endpoint.{builder}_request_builder"
        owner = import_module(f"{self._package}.generated.{module}").CloudPcProvisioningPolicyItemRequestBuilder
        return _configured(owner.CloudPcProvisioningPolicyItemRequestBuilderGetQueryParameters(expand=["assignments"]))

    def _reprovision(self) -> Any:
        base = "device_management.virtual_endpoint.cloud_p_cs.item.reprovision.reprovision_post_request_body"
        kind = self._enum("UserAccountType", "user_account_type", "StandardUser")
        return self.model("ReprovisionPostRequestBody", base, user_account_type=kind)

    def _rename(self, name: str) -> Any:
        base = "device_management.virtual_endpoint.cloud_p_cs.item.rename.rename_post_request_body"
        return self.model("RenamePostRequestBody", base, display_name=name)

    def _enum(self, name: str, module: str, value: str) -> Any:
        return getattr(getattr(import_module(f"{self._package}.generated.{_model(module)}"), f"CloudPc{name}"), value)


def _configured(options: Any) -> Any:
    return RequestConfiguration(query_parameters=options)


def _model(name: str) -> str:
    return f"models.cloud_pc_{name}"


async def _refusal(asked: Any) -> Json | None:
    """Return the error that the client raises, None without one."""
    try:
        await asked
    except APIError as error:
        said: Any = error
        return {"status": said.response_status_code, "code": said.error.code, "message": said.error.message}
    return None


async def main() -> None:
    """Make the requests, and print the answers."""
    given: Json = json.load(sys.stdin)
    credential = ClientSecretCredential(
        given["directory"],
        given["client"],
        given["secret"],
        authority=given["authority"],
        disable_instance_discovery=True,
        connection_verify=given["trust"],
    )
    async with credential:
        told: Json = {}
        for version, package in (("v1.0", "msgraph"), ("beta", "msgraph_beta")):
            talk = Talk(package, {**given, **given["versions"][version], "version": version}, credential)
            told[version] = {"lists": await talk.lists(), "policy": await talk.policy(), "pcs": await talk.cloud_pcs()}
        told["pages"] = await talk.pages()
        told["actions"] = await talk.actions()
        told["changes"] = await talk.changes()
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
