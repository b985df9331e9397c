"""Judgement of a deployment before anything is made: a verdict on each need that Azure may refuse.

`python -m deployment check`, and the hook `preprovision`, run it. Nothing is written. What may not be looked at is
`informational`. Policies are judged by Azure itself: it validates the template with the values of this installation.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from deployment import parameters, templates
from deployment.clients import DeploymentError, Json, RefusedError
from deployment.environment import Environment
from deployment.steps import API, APP, SIGN_IN, Place, plan
from shared.domain.tenants.needs import NeedVerdict, judge_role

ACTIONS = (
    "Microsoft.Resources/deployments/write",
    "Microsoft.Resources/subscriptions/resourceGroups/write",
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Storage/storageAccounts/write",
    "Microsoft.KeyVault/vaults/write",
    "Microsoft.Web/sites/write",
    "Microsoft.App/register/action",
)
"""Actions of the subscription of which each is in another role: Owner has all of them."""
_NOBODY = "00000000-0000-0000-0000-000000000000"
_FLEX_MEMORY_MB, _INSTANCE_MB = 512_000, 2_048
_FLEX = "https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#regional-subscription-memory-quotas"
_CURES = (
    ("publicnetworkaccess", "set reachableFrom to privateEndpoints"),
    ("networkacls", "set reachableFrom to subnet or privateEndpoints"),
    ("tags", "give the tag: tags of infra/parameters.json, or DESKWRIGHT_TAGS"),
    ("location", "deploy to another region: AZURE_LOCATION"),
    ("name", "give the resource another name (docs/deploy.md, Parameters)"),
    ("sku", "set storageSku"),
)
"""A word in the field that a policy has read, and the remedy of an operator."""
_DIRECTORY = (
    "register makes app registrations: Application Developer or Application Administrator. connect gives Graph's "
    "permissions: Privileged Role Administrator"
)
_NAMES = {
    "name": ("[A-Za-z](-?[A-Za-z0-9])*", "letters, digits and single hyphens, from a letter on"),
    "resourceGroupName": (r"[\w().-]{0,89}[\w()-]", "at most 90 letters, digits and ()._-, and no dot at the end"),
    "storageName": ("[a-z0-9]{3,24}", "3 to 24 lower-case letters and digits"),
    "vaultName": (
        "(?=.{3,24}$)[A-Za-z](-?[A-Za-z0-9])*",
        "3 to 24 letters, digits and single hyphens, from a letter on",
    ),
    "appName": ("(?=.{2,60}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?", "2 to 60 letters, digits and hyphens within"),
}
"""The names that Azure takes, by parameter; an empty one is made by the template. Source:
learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
"""


class _Shared(NamedTuple):
    """A kind of resource whose names the whole world shares; the parameter that gives another name."""

    namespace: str
    type: str
    version: str
    parameter: str
    advice: str = ""


_RECOVERED = ", or recover it: a deleted vault keeps its name for 90 days (Azure portal, Manage deleted vaults)"
_SHARED = {
    each.type.lower(): each
    for each in (
        _Shared("Microsoft.Storage", "Microsoft.Storage/storageAccounts", "2024-01-01", "storageName"),
        _Shared("Microsoft.KeyVault", "Microsoft.KeyVault/vaults", "2023-07-01", "vaultName", _RECOVERED),
        _Shared("Microsoft.Web", "Microsoft.Web/sites", "2024-04-01", "appName"),
    )
}
Check = Callable[[Place, Json], Iterator[NeedVerdict]]


def judge(place: Place, template: Callable[[], Json]) -> list[NeedVerdict]:
    """Return a verdict on each need; nothing stops at the first fault.

    Raises:
        DeploymentError: a parameter is beyond its limits, so that there is nothing to judge.
    """
    unknown = [name for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_LOCATION") if not place.environment.get(name)]
    if unknown:
        return [
            NeedVerdict("subscription", "informational", f"{' and '.join(unknown)} not known yet: nothing is looked at")
        ]
    defaults = {name: each["default"] for name, each in parameters.schemas().items()}
    values = defaults | parameters.given(place.environment, place.parameters)
    checks: tuple[Check, ...] = (_subscription, _rights, _names, _region, _redundancy, _accounts, _instances)
    found = [each for check in checks for each in _judged(check, place, values)]
    found.append(NeedVerdict("directory", "informational", "not looked at", _DIRECTORY))
    compiled, supposed = cache(template), _supposed(place)
    return [*found, *_free_names(supposed, compiled, values), *_policies(supposed, compiled)]


def _judged(check: Check, place: Place, values: Json) -> list[NeedVerdict]:
    name = check.__name__.strip("_")
    try:
        return list(check(place, values))
    except RefusedError as refused:
        return [NeedVerdict(name, "informational", f"not looked at: {refused.code}: {refused.message}")]


def _scope(environment: Environment) -> str:
    return f"/subscriptions/{environment.need('AZURE_SUBSCRIPTION_ID')}"


def _subscription(place: Place, values: Json) -> Iterator[NeedVerdict]:
    del values
    state = str(place.arm.get(f"{_scope(place.environment)}?api-version=2022-12-01")["state"])
    advice = "" if state == "Enabled" else "Its billing administrator enables it, or name another one."
    yield NeedVerdict("subscription", "failed" if advice else "passed", state, advice)


def _rights(place: Place, values: Json) -> Iterator[NeedVerdict]:
    del values
    path = f"{_scope(place.environment)}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
    advice = "Ask for Owner, or Contributor with Role Based Access Control Administrator; with Privileged Identity "
    advice += "Management: activate the role first (docs/permissions.md)."
    yield judge_role(ACTIONS, list(place.arm.rows(path)), "the subscription", advice)


def _names(place: Place, values: Json) -> Iterator[NeedVerdict]:
    del place
    wrong = {name: rule for name, (taken, rule) in _NAMES.items() if not re.fullmatch(f"|{taken}", values[name])}
    if wrong:
        found = "; ".join(f"{name} is {values[name]!r}" for name in wrong)
        advice = "; ".join(f"{name}: {rule}" for name, rule in wrong.items())
        yield NeedVerdict("names", "failed", f"Azure takes no such name: {found}", f"Write for {advice}.")
    else:
        yield NeedVerdict("names", "passed", "as Azure takes them")


def _region(place: Place, values: Json) -> Iterator[NeedVerdict]:
    del values
    region = _plain(place.environment.need("AZURE_LOCATION"))
    path = f"{_scope(place.environment)}/providers/Microsoft.Web/geoRegions?sku=FlexConsumption&api-version=2024-04-01"
    offered = {_plain(str(each["name"])) for each in place.arm.rows(path)}
    if region in offered:
        yield NeedVerdict("region", "passed", f"{region} has Flex Consumption")
    else:
        advice = f"AZURE_LOCATION may be one of {', '.join(sorted(offered))}."
        yield NeedVerdict("region", "failed", f"{region} has no Flex Consumption", advice)


def _redundancy(place: Place, values: Json) -> Iterator[NeedVerdict]:
    region, wanted = _plain(place.environment.need("AZURE_LOCATION")), values["storageSku"]
    rows = place.arm.rows(f"{_scope(place.environment)}/providers/Microsoft.Storage/skus?api-version=2024-01-01")
    here = {
        str(each["name"])
        for each in rows
        if each["resourceType"] == "storageAccounts"
        and region in map(_plain, each["locations"])
        and not each.get("restrictions")
    }
    if wanted in here:
        yield NeedVerdict("storage", "passed", f"{region} has {wanted}")
    else:
        may = [each for each in parameters.schemas()["storageSku"]["enum"] if each in here]
        advice = f"Set storageSku to one of {', '.join(may)}, or name another region."
        yield NeedVerdict("storage", "failed", f"{region} has no {wanted}", advice)


def _accounts(place: Place, values: Json) -> Iterator[NeedVerdict]:
    del values
    region = _plain(place.environment.need("AZURE_LOCATION"))
    path = f"{_scope(place.environment)}/providers/Microsoft.Storage/locations/{region}/usages?api-version=2024-01-01"
    row = next(each for each in place.arm.rows(path) if each["name"]["value"] == "StorageAccounts")
    free = row["limit"] - row["currentValue"]
    if free > 0 or place.environment.get(APP):
        yield NeedVerdict("storage accounts", "passed", f"{free} more may be made in {region}")
    else:
        advice = "Request more: Azure portal, Quotas, Storage."
        yield NeedVerdict("storage accounts", "failed", f"{region} has all {row['limit']} already", advice)


def _instances(place: Place, values: Json) -> Iterator[NeedVerdict]:
    del place
    most = values["maximumInstanceCount"]
    if most * _INSTANCE_MB > _FLEX_MEMORY_MB:
        found = f"{most} instances are more memory than a region gives without a request"
        yield NeedVerdict("instances", "warning", found, f"Lower maximumInstanceCount, or ask for more: {_FLEX}")
    else:
        yield NeedVerdict("instances", "passed", f"at most {most} of {_INSTANCE_MB} MB")


def _supposed(place: Place) -> Place:
    """Return the installation as if its registrations were made."""
    supposed = replace(place, environment=place.environment.copied())
    for variable in (API, SIGN_IN):
        if not supposed.environment.get(variable):
            supposed.environment.give(variable, _NOBODY)
    return supposed


def _free_names(supposed: Place, template: Callable[[], Json], values: Json) -> Iterator[NeedVerdict]:
    """Judge the names that the whole world shares: of each resource to be made, or else the given ones."""
    try:
        changes = templates.what_if(supposed.arm, plan(supposed, template()), reads=True)
    except DeploymentError:
        wanted = [(kind, values[row.parameter]) for kind, row in _SHARED.items() if values[row.parameter]]
    else:
        ids = (each.id.rpartition("/providers/")[2].split("/") for each in changes if each.kind == "Create")
        wanted = [("/".join(id_[:2]).lower(), id_[2]) for id_ in ids if len(id_) == 3]  # noqa: PLR2004 - of one level
    names = [(_SHARED[kind], name) for kind, name in wanted if kind in _SHARED]
    try:
        taken = [(row, name, told) for row, name in names if (told := _taken(supposed, row, name))]
    except RefusedError as refused:
        yield NeedVerdict("free names", "informational", f"not looked at: {refused.code}: {refused.message}")
        return
    for row, name, told in taken:
        yield NeedVerdict(f"{row.parameter} {name}", "failed", told, f"Set {row.parameter}{row.advice}.")
    if not taken:
        yield NeedVerdict("free names", "passed", ", ".join(name for _, name in names) or "none is made")


def _taken(place: Place, row: "_Shared", name: str) -> str:
    """Return the reason why a name is taken; empty if it is free."""
    path = f"{_scope(place.environment)}/providers/{row.namespace}/checkNameAvailability?api-version={row.version}"
    answer = place.arm.send("POST", path, {"name": name, "type": row.type}, again=True).json()
    return "" if answer["nameAvailable"] else str(answer.get("message") or answer.get("reason"))


def _policies(supposed: Place, template: Callable[[], Json]) -> Iterator[NeedVerdict]:
    try:
        templates.validate(supposed.arm, plan(supposed, template()))
    except RefusedError as refused:
        rows = refused.details if isinstance(refused.details, list) else []
        yield from (_denied(each) for each in rows)
        if not rows:
            yield NeedVerdict("template", "failed", f"{refused.code}: {refused.message}")
    except DeploymentError as problem:
        yield NeedVerdict("policies", "informational", f"not looked at: {problem}")
    else:
        yield NeedVerdict("policies", "passed", "Azure takes the template with these values")


def _denied(row: Json) -> NeedVerdict:
    """Return the verdict on a resource that Azure would refuse."""
    name = f"policy {row.get('target', '')}".strip() if row.get("code") == "RequestDisallowedByPolicy" else "template"
    infos = [
        each.get("info") or {} for each in row.get("additionalInfo") or () if each.get("type") == "PolicyViolation"
    ]
    if not infos:
        return NeedVerdict(name, "failed", f"{row.get('code', '')}: {row.get('message', '')}")
    looked = [
        each
        for info in infos
        for each in (info.get("evaluationDetails") or {}).get("evaluatedExpressions") or ()
        if each.get("result") == "True" and each.get("path") != "type"
    ]
    said = "; ".join(
        f"{each['path']} is {each.get('expressionValue', 'not given')} ({each['operator']} {each.get('targetValue')})"
        for each in looked
    )
    whose = ", ".join(str(info.get("policyAssignmentDisplayName", "")) for info in infos)
    fields = " ".join(str(each["path"]).lower() for each in looked)
    cures = [cure for word, cure in _CURES if word in fields]
    advice = f"{'; '.join(cures)[:1].upper()}{'; '.join(cures)[1:]}; or ask for an exemption." if cures else ""
    return NeedVerdict(name, "failed", f"'{whose}' denies it: {said}", advice or "Ask for an exemption.")


def _plain(region: str) -> str:
    return region.replace(" ", "").lower()
