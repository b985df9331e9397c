"""Credentials without a secret: the managed identity, and in a customer's directory the app that trusts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from shared.contracts.outcomes import DeclinedError, Refused
from shared.domain.azure_errors import TOKEN_REFUSED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from azure.core.credentials import AccessToken
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.exceptions import ClientAuthenticationError

_EXCHANGE = "api://AzureADTokenExchange/.default"
_PUBLIC_AUTHORITY = "https://login.microsoftonline.com"
_RETRIES = 2


def own_credential(client_id: str | None, *, identity_endpoint: bool) -> AsyncTokenCredential:
    """Return the service's own credential; *identity_endpoint*: whether the host provides a managed identity.

    Only without one is the developer's sign-in used: in production a chain would hide a broken identity.
    """
    from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

    if identity_endpoint:
        return ManagedIdentityCredential(client_id=client_id or None, **_limits())
    return DefaultAzureCredential(managed_identity_client_id=client_id, **_limits())


def _limits() -> dict[str, Any]:
    """Return how long a token is waited for, and how often it is asked for again: Azure's ten times are minutes."""
    from shared.clients.pipeline import TIMEOUTS

    return {**TIMEOUTS, "retry_total": _RETRIES}


class TenantCredential:
    """The credential for a tenant's directory, looked up when a token is needed: creating a client must not wait."""

    def __init__(self, tenant_id: str, find: Callable[[str], Awaitable[AsyncTokenCredential]]) -> None:
        self._tenant_id, self._find = tenant_id, find

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ANN401 - the protocol's
        """Return a token of the tenant's directory. Raises: NotFoundError, DeclinedError if the app is not set."""
        return await (await self._find(self._tenant_id)).get_token(*scopes, **options)

    async def close(self) -> None:
        """Do nothing: the credentials that were found are closed by their owner."""

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Do nothing, as ``close``."""


class FederatedCredential:
    """The multi-tenant app in a customer's directory, authenticated by a token of the managed identity.

    The app has a federated credential that names the identity (docs/permissions.md).
    """

    def __init__(self, own: AsyncTokenCredential, *, directory: str, app_client_id: str, authority_url: str) -> None:
        from azure.identity.aio import ClientAssertionCredential

        self._own, self._directory = own, directory
        self._assertion = ""
        self._inner = ClientAssertionCredential(
            directory,
            app_client_id,
            lambda: self._assertion,  # azure-identity calls it synchronously, so the assertion is fetched before
            authority=authority_url,
            disable_instance_discovery=authority_url != _PUBLIC_AUTHORITY,
            **_limits(),
        )

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ANN401 - the protocol's
        """Return a token of the customer's directory for *scopes*.

        Raises: DeclinedError if the customer has not consented, or there is no such directory.
        """
        from azure.core.exceptions import ClientAuthenticationError

        self._assertion = (await self._own.get_token(_EXCHANGE)).token
        try:
            return await self._inner.get_token(*scopes, **options)
        except ClientAuthenticationError as error:
            raise _explained(error, self._directory) from error

    async def close(self) -> None:
        """Close the connections of this directory, but not the managed identity's."""
        await self._inner.close()

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self.close()


def _explained(error: ClientAuthenticationError, directory: str) -> Exception:
    """Return a refusal with advice for a known reason of getting no token, else the error itself."""
    message = str(error.message)
    code = next((code for code in TOKEN_REFUSED if f"{code}:" in message), None)
    if code is None:
        return error
    return DeclinedError(
        Refused(code=code, message=f"directory {directory} issues no token: {code}", advice=TOKEN_REFUSED[code])
    )
