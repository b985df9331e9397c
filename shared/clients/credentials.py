"""Who we are: the service's managed identity, and in a customer's directory the app that trusts it. No secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.core.credentials_async import AsyncTokenCredential

_EXCHANGE = "api://AzureADTokenExchange/.default"
_PUBLIC_AUTHORITY = "https://login.microsoftonline.com"


def own_credential(client_id: str | None, *, identity_endpoint: bool) -> AsyncTokenCredential:
    """Return the service's own credential; *identity_endpoint*: whether the machine has a managed identity.

    Only without one the developer's own sign-in is asked: in production a chain would hide a broken identity.
    """
    from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

    if identity_endpoint:
        return ManagedIdentityCredential(client_id=client_id) if client_id else ManagedIdentityCredential()
    return DefaultAzureCredential(managed_identity_client_id=client_id)


class FederatedCredential:
    """The multi-tenant app in a customer's directory, proven by a token of our managed identity.

    The app carries a federated credential that names the identity (docs/permissions.md).
    """

    def __init__(self, own: AsyncTokenCredential, *, directory: str, app_client_id: str, authority_url: str) -> None:
        from azure.identity.aio import ClientAssertionCredential

        self._own = own
        self._assertion = ""
        self._inner = ClientAssertionCredential(
            directory,
            app_client_id,
            lambda: self._assertion,  # called synchronously by azure-identity, so it is fetched before
            authority=authority_url,
            disable_instance_discovery=authority_url != _PUBLIC_AUTHORITY,
        )

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ANN401 - the protocol's
        """Return a token of the customer's directory for *scopes*."""
        self._assertion = (await self._own.get_token(_EXCHANGE)).token
        return await self._inner.get_token(*scopes, **options)

    async def close(self) -> None:
        """Close the connections of this directory; the managed identity's stay."""
        await self._inner.close()

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self.close()
