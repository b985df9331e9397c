"""The properties of Graph's cloudPcOnPremisesConnection that can be set (docs/notes/windows365.md 1.5), a row each.

The site and the subnets have no rows: each has several names on the wire, and other properties decide them, too.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, WithJsonSchema

from shared.domain.graph_property import Property
from shared.domain.networks.connection import JoinType
from shared.domain.values import Id, ResourceId

# Loose types: the form has the rules, and names all that is wrong at once.
_Text = Annotated[str, Field(max_length=255)]
_LongText = Annotated[str, Field(max_length=1000)]
_Password = Annotated[str, WithJsonSchema({"type": "string", "writeOnly": True, "maxLength": 256})]

PROPERTIES = (
    Property("displayName", "name", "display_name", searched=True),
    Property("connectionType", "credentials", "join_type", absent=JoinType.HYBRID_AZURE_AD_JOIN.value),
    Property("subscriptionId", "site", "subscription_id", shape=Id),
    Property("virtualNetworkId", "credentials/network", "virtual_network_id", shape=ResourceId),
    Property("adDomainName", "credentials/domain", "ad_domain_name", searched=True, shape=_Text),
    Property("adDomainUsername", "credentials/domain", "ad_domain_username", listed=False, shape=_Text),
    Property("organizationalUnit", "credentials/domain", "organizational_unit", searched=True, shape=_LongText),
    Property(
        "adDomainPassword", "credentials/domain", "ad_domain_password", listed=False, shown=False, shape=_Password
    ),
)
