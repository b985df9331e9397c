"""Key Vault: passwords of join accounts, secrets of recipes, one-time passwords. Records hold only their addresses."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.clients.buckets import Bucket
from shared.clients.pacing import Limits, Pacing
from shared.contracts.outcomes import DeclinedError, Refused
from shared.domain import naming
from shared.domain.rate_limiter import Limit

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

_ADVICE = "Save the connection again: it names a vault that is not the service's."


def join_secret_name(tenant_id: str, connection_id: str, id_: str) -> str:
    """Return the name of the secret of a connection's join account. *id_*: random, as a deleted name stays taken."""
    return f"join-{naming.slug(tenant_id)}-{naming.slug(connection_id)}-{naming.slug(id_)}"


def recipe_secret_name(tenant_id: str, image_set_id: str, id_: str) -> str:
    """Return the name of one value of a secret of a recipe. *id_*: random, as a deleted name stays taken."""
    return f"recipe-{naming.slug(tenant_id)}-{naming.slug(image_set_id)}-{naming.slug(id_)}"


def notice_secret_name(tenant_id: str, endpoint_id: str, id_: str) -> str:
    """Return the name of a secret of an endpoint of notices. *id_*: random, as a deleted name stays taken."""
    return f"notice-{naming.slug(tenant_id)}-{naming.slug(endpoint_id)}-{naming.slug(id_)}"


def name_in(address: str) -> str:
    """Return the name of the secret at an address without a version."""
    return address.rpartition("/")[2]


def one_time_secret_name(tenant_id: str, operation_id: str) -> str:
    """Return the name of a secret that one operation uses: a deleted name cannot be used again for days."""
    return f"once-{naming.slug(tenant_id)}-{naming.slug(operation_id)}"


def vault_limits(url: str) -> Limits:
    """Return the limit of one vault: 4,000 transactions in ten seconds; its 429s have no Retry-After."""
    bucket = Bucket(f"vault/{urlsplit(url).netloc}", Limit(200, 1000), 50)
    return lambda _method, _url, _region: (bucket,)


class Vault:
    """The service's own vault."""

    def __init__(self, credential: AsyncTokenCredential, url: str, *, pacing: Pacing) -> None:
        from azure.core.pipeline.policies import UserAgentPolicy
        from azure.keyvault.secrets.aio import SecretClient

        from shared.clients.pipeline import TIMEOUTS, USER_AGENT, PacingPolicy, VerdictPolicy

        self._url = url
        self._client = SecretClient(
            url,
            credential,
            retry_total=0,
            **TIMEOUTS,
            user_agent_policy=UserAgentPolicy(base_user_agent=USER_AGENT),
            per_call_policies=[VerdictPolicy(pacing.clock), PacingPolicy(pacing, vault_limits(url))],
        )

    async def store(self, name: str, value: str, *, tags: dict[str, str] | None = None) -> str:
        """Set the secret *name* to *value*; return its address without a version: rotation changes no record."""
        await self._client.set_secret(name, value, tags=tags)
        return f"{self._url}/secrets/{name}"

    async def read(self, address: str) -> str:
        """Return the secret at *address*.

        Raises: MissingError if there is none, DeclinedError if it is disabled, not readable, or in another vault.
        """
        name = self._name(address)
        found: Any = await self._client.get_secret(name)
        return str(found.value)

    async def read_version(self, address: str, version: str | None = None) -> tuple[str, str]:
        """Return a version of the secret at *address*, the newest by default, and its id. Raises: as ``read`` does."""
        found: Any = await self._client.get_secret(self._name(address), version)
        return str(found.value), str(found.properties.version)

    async def set_at(self, address: str) -> datetime | None:
        """Return when the secret at *address* was set. Raises: as ``read`` does."""
        found: Any = await self._client.get_secret(self._name(address))
        moment: datetime | None = found.properties.created_on
        return moment

    async def retire(self, address: str) -> None:
        """Disable every version of the secret at *address* except the newest, which ``read`` returns."""
        name = self._name(address)
        newest: Any = await self._client.get_secret(name)
        async for version in self._client.list_properties_of_secret_versions(name):
            if version.enabled and version.version != newest.properties.version:
                await self._client.update_secret_properties(name, version.version, enabled=False)

    async def delete(self, address: str) -> None:
        """Delete the secret at *address*; the vault retains it for its retention period."""
        await self._client.delete_secret(self._name(address))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _name(self, address: str) -> str:
        # The token of our identity must not be sent to a host that a record names.
        if not address.startswith(f"{self._url}/secrets/"):
            refused = Refused(
                code="foreignVault", message=f"{address} is not in the service's vault", advice=_ADVICE, final=True
            )
            raise DeclinedError(refused)
        return address.removeprefix(f"{self._url}/secrets/").split("/", 1)[0]
