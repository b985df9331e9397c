"""Scopes of assigned roles, and the things of a tenant that are in each, by the records. Pure.

A scope is an id of Graph's ``appScopeIds``. A provisioning policy has its Cloud PCs; a site has its connections, the
Cloud PCs that were built through them, the Spot Groups there, and the policies of which every connection is there.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.domain.values import Counted, distinct


class Thing(StrEnum):
    """Kinds of things that a scope can have, by the word of their addresses."""

    CLOUD_PC = "cloudPCs"
    POLICY = "provisioningPolicies"
    SPOT_GROUP = "spotGroups"
    CONNECTION = "onPremisesConnections"
    SITE = "sites"


Things = Mapping[Thing, frozenset[str]]
"""The ids of the things in a scope, by kind."""

_SCOPES = (Thing.POLICY, Thing.SPOT_GROUP, Thing.SITE)
_SCOPE_ID = re.compile(rf"/({'|'.join(_SCOPES)})/([0-9A-Za-z_.-]+)")


def _scope_id(text: str) -> str:
    if not _SCOPE_ID.fullmatch(text):
        raise ValueError("write /provisioningPolicies/{id}, /spotGroups/{id} or /sites/{id}")
    return text


AppScopeIds = Annotated[
    tuple[Annotated[str, Field(max_length=200), AfterValidator(_scope_id)], ...],
    Field(max_length=20),
    Counted(),
    AfterValidator(distinct),
]
"""Scopes of an assignment."""


def parts_of_scope(scope_id: str) -> tuple[Thing, str]:
    """Return the kind and the id of the thing that a scope is."""
    _, kind, id_ = scope_id.split("/")
    return Thing(kind), id_


@dataclass(frozen=True, slots=True)
class CloudPcPlace:
    """A Cloud PC with the policy and the connection of its machine; these are None before they are known."""

    id: str
    policy_id: str | None
    connection_id: str | None


@dataclass(frozen=True, slots=True)
class ThingPlaces:
    """Things of a tenant by their ids: connections and Spot Groups with their site, policies with their connections.

    *sites*: the ids of the sites.
    """

    sites: Collection[str]
    connections: Mapping[str, str]
    spot_groups: Mapping[str, str]
    policies: Mapping[str, Collection[str]]
    cloud_pcs: Collection[CloudPcPlace]

    def things_in(self, scope_id: str) -> Things:
        """Return the things in a scope, nothing where its policy, Spot Group or site is gone."""
        kind, id_ = parts_of_scope(scope_id)
        if kind is Thing.SITE:
            return self._things_in_site(id_)
        if kind is Thing.SPOT_GROUP:
            return {Thing.SPOT_GROUP: _known([id_], self.spot_groups)}
        pcs = frozenset(each.id for each in self.cloud_pcs if each.policy_id == id_)
        return {Thing.POLICY: _known([id_], self.policies), Thing.CLOUD_PC: pcs}

    def _things_in_site(self, site_id: str) -> Things:
        connections = frozenset(each for each, site in self.connections.items() if site == site_id)
        return {
            Thing.SITE: _known([site_id], self.sites),
            Thing.CONNECTION: connections,
            Thing.SPOT_GROUP: frozenset(each for each, site in self.spot_groups.items() if site == site_id),
            Thing.POLICY: frozenset(each for each, used in self.policies.items() if used and connections >= set(used)),
            Thing.CLOUD_PC: frozenset(each.id for each in self.cloud_pcs if each.connection_id in connections),
        }


def _known(ids: Iterable[str], known: Collection[str]) -> frozenset[str]:
    return frozenset(each for each in ids if each in known)
