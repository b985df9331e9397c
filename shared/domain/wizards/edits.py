"""Wizards that edit a connection or a provisioning policy."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import Field

from shared.domain.images.image import ImageType
from shared.domain.networks.connection import Connection, Domain
from shared.domain.policies.configuration import ConfigurationStep
from shared.domain.policies.policy import DomainJoinConfiguration, Policy
from shared.domain.values import Id, Value
from shared.domain.wizards.create_connection import ConnectionNameStep, ConnectionSiteStep, CustomerNetwork
from shared.domain.wizards.create_provisioning_policy import (
    ConnectionStep,
    PolicyDetailStep,
    PolicyFacts,
    PolicyImageStep,
    review_policy,
)
from shared.domain.wizards.fields import DomainName, Form, JoinAccount, JoinPassword, OrganizationalUnit
from shared.domain.wizards.forms import REVIEW, Reading, Wizard, WizardStep

PolicyForm = dict[str, dict[str, Any]]


def form_of(policy: Policy) -> PolicyForm:
    """Return the form of a saved policy; its groups are no part of an edit."""
    return {
        "connection": {"connectionIds": list(policy.connection_ids)},
        "image": {"imageType": policy.image_type.value, "imageId": policy.image_id},
        "configuration": policy.configuration.to_json(),
        "groups": {"groupIds": []},
        "detail": {"displayName": policy.display_name, "description": policy.description},
    }


def changed_steps(form: PolicyForm, policy: Policy) -> frozenset[str]:
    """Return the steps that *form* changes."""
    before = form_of(policy)
    return frozenset(step for step, fields in form.items() if fields != before[step])


def checked_steps(form: PolicyForm, policy: Policy) -> frozenset[str]:
    """Return the steps to check: the changed ones, and the image step if the connections change."""
    changed = changed_steps(form, policy)
    return changed | {"image"} if "connection" in changed else changed


def read_edit(form: PolicyForm, policy: Policy, facts: PolicyFacts) -> Reading:
    """Read an edited form by the wizard's rules.

    What is not changed is not checked again: the image that a policy has, for example, may be gone since.
    """
    changed, checked = changed_steps(form, policy), checked_steps(form, policy)
    others = facts.but(policies=tuple(p for p in facts.policies if p.id != policy.id))
    _, reading = review_policy(form, others, groups_needed=False)
    return Reading(
        {step: value for step, value in reading.values.items() if step in changed},
        tuple(problem for problem in reading.problems if problem.step in checked),
    )


def fields_of(reading: Reading, facts: PolicyFacts) -> dict[str, Any]:
    """Return the fields of a policy that result from the steps of a form."""
    found: dict[str, Any] = {}
    for step in reading.values:
        found |= _FIELDS[step](reading, facts) if step in _FIELDS else {}
    return found


def _of_connection(reading: Reading, facts: PolicyFacts) -> dict[str, Any]:
    step = reading.value("connection", ConnectionStep)
    joins = {connection.id: connection.join_type for connection in facts.connections}
    ids: Iterable[str] = step.connection_ids if step else ()
    ways = (DomainJoinConfiguration(domain_join_type=joins[i], on_premises_connection_id=i) for i in ids)
    return {"domain_join_configurations": tuple(ways)}


def _of_image(reading: Reading, facts: PolicyFacts) -> dict[str, Any]:
    step = reading.value("image", PolicyImageStep)
    if step is None:
        return {}
    if step.image_type is ImageType.GALLERY:
        image_id = step.image_id.lower()
        name = next(image.display_name for image in facts.gallery_images if image.id.lower() == image_id)
    else:
        image_id = step.image_id
        found = next(image for image in facts.images if image.id == image_id)
        name = f"{found.display_name} {found.version}"
    return {"image_type": step.image_type, "image_id": image_id, "image_display_name": name}


def _of_configuration(reading: Reading, _: PolicyFacts) -> dict[str, Any]:
    step = reading.value("configuration", ConfigurationStep)
    return {"configuration": step} if step else {}


def _of_detail(reading: Reading, _: PolicyFacts) -> dict[str, Any]:
    step = reading.value("detail", PolicyDetailStep)
    return {"display_name": step.display_name, "description": step.description} if step else {}


_FIELDS: Mapping[str, Callable[[Reading, PolicyFacts], dict[str, Any]]] = {
    "connection": _of_connection,
    "image": _of_image,
    "configuration": _of_configuration,
    "detail": _of_detail,
}


_UNCHANGED = "unchanged"  # stands for the password in a form that does not change it; it is never stored


class PolicyStep(Value):
    """The provisioning policy to edit."""

    policy_id: Id = Field(title="Policy", description="The provisioning policy to change.")


class SelectConnectionStep(Value):
    """The connection to edit."""

    connection_id: Id = Field(title="Connection", description="The connection to change.")


class EditDomainStep(Value):
    """The domain of a hybrid join; another domain or account needs its password too."""

    ad_domain_name: DomainName | None = Field(None, title="Domain", description="The full DNS name of the domain.")
    organizational_unit: OrganizationalUnit | None = Field(
        None, title="Organizational unit", description="Where computer accounts are made."
    )
    ad_domain_username: JoinAccount | None = Field(
        None, title="Join account", description="An account that may join computers and does nothing else."
    )
    ad_domain_password: JoinPassword | None = Field(
        None,
        repr=False,
        title="Password",
        description="Left out: it stays. Stored in Key Vault and never shown again.",
        json_schema_extra={"writeOnly": True},
    )


class EditCredentialsStep(Value):
    """The network and the domain; the join type never changes."""

    network: CustomerNetwork | None = Field(
        None, title="Network", description="The hosted network, or the customer's own network."
    )
    domain: EditDomainStep | None = Field(None, title="Domain join", description="For a hybrid join only.")


EDIT_PROVISIONING_POLICY = Wizard(
    "edit-provisioning-policy",
    "Edit Provisioning Policy",
    (
        WizardStep("policy", "Select Policy", PolicyStep),
        WizardStep("connection", "Select Connection", ConnectionStep, optional=True),
        WizardStep("image", "Select Device Image", PolicyImageStep, optional=True),
        WizardStep("configuration", "Configuration", ConfigurationStep),
        WizardStep("detail", "Provisioning Policy Detail", PolicyDetailStep, optional=True),
        WizardStep(REVIEW, "Review and Save Provisioning Policy", hint="Cloud PCs that are there stay as they are."),
    ),
)

EDIT_CONNECTION = Wizard(
    "edit-connection",
    "Edit Connection",
    (
        WizardStep("connection", "Select Connection", SelectConnectionStep),
        WizardStep(
            "site", "Select Site", ConnectionSiteStep, "Stays while Cloud PCs use the connection.", optional=True
        ),
        WizardStep("credentials", "Network and Domain", EditCredentialsStep, words={"network": {"hosted": None}}),
        WizardStep("name", "Connection Detail", ConnectionNameStep, optional=True),
        WizardStep(REVIEW, "Review and Save", hint="All but the name is checked again before it is used."),
    ),
)


def merged(present: Form, form: Mapping[str, Any]) -> Form:
    """Return the *present* values with the fields that *form* names; a step of the wrong kind stays for its reader."""
    found = dict(present)
    for step, fields in form.items():
        if step in present:
            found[step] = {**present[step], **fields} if isinstance(fields, Mapping) else fields
    return found


def policy_form(policy: Policy, form: Mapping[str, Any]) -> Form:
    """Return the whole form of a policy with the changes of *form*."""
    return merged(form_of(policy), {step: fields for step, fields in form.items() if step != "groups"})


def connection_values(connection: Connection) -> Form:
    """Return the present values of a connection; its password is not among them."""
    network: object = "hosted"
    if not connection.network.hosted:
        network = {
            "virtualNetworkId": connection.network.virtual_network_id,
            "subnetIds": list(connection.network.subnet_ids),
        }
    credentials: dict[str, Any] = {"network": network}
    if connection.domain is not None:
        names = EditDomainStep.model_fields.keys() & Domain.model_fields.keys()
        credentials["domain"] = connection.domain.model_dump(by_alias=True, exclude_none=True, include={*names})
    return {
        "site": {"siteId": connection.site_id, "subscriptionId": connection.subscription_id},
        "credentials": credentials,
        "name": {"displayName": connection.display_name},
    }


def connection_form(connection: Connection, form: Mapping[str, Any]) -> tuple[Form, str | None]:
    """Return the form of create-connection with the changes of *form*, and the new password if there is one."""
    present = connection_values(connection)
    full = merged(present, form)
    credentials, password = full["credentials"], None
    if isinstance(credentials, Mapping):
        domain, before = credentials.get("domain"), present["credentials"].get("domain", {})
        credentials = {**credentials, "joinType": connection.join_type.value}
        if isinstance(domain, Mapping):
            password = domain.get("adDomainPassword")
            kept = {name: value for name, value in {**before, **domain}.items() if value is not None}
            credentials["domain"] = {**kept, "adDomainPassword": _UNCHANGED if password is None else password}
        full["credentials"] = credentials
    return full, password if isinstance(password, str) else None
