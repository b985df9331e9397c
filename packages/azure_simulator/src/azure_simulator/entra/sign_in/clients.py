"""The application that somebody signs in to: how it is registered, where it may be answered, how it proves itself.

Sources: learn.microsoft.com/entra/identity-platform/{reply-url,reference-error-codes,msal-client-applications}.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from azure_simulator.entra import apps
from azure_simulator.entra.apps import refuse
from azure_simulator.graph.directory import first_party, registrations

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.secrets import SecretProtector
    from azure_simulator.graph.directory.records import Directory, Doc

ANY_DIRECTORY = frozenset({"common", "organizations"})
SPA, WEB, PUBLIC = "spa", "web", "publicClient"
_LOOPBACK = re.compile(r"(http://(?:localhost|127\.0\.0\.1|\[::1\]))(?::\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Client:
    """A registered application; `home` is the directory that it is registered in."""

    home: str
    app: Doc
    is_microsofts: bool = False
    """Whether it is one of Microsoft's, which need no consent."""

    @property
    def id(self) -> str:
        """Its client id."""
        return str(self.app["appId"])

    @property
    def name(self) -> str:
        """Display name shown to people."""
        return str(self.app["displayName"])

    def platform(self, redirect_uri: str) -> str:
        """Return the platform that an address is registered for; empty when it is not registered.

        Of addresses of the own machine the port does not count.
        """
        wanted = _portless(redirect_uri)
        for platform in (SPA, WEB, PUBLIC):
            if wanted in {_portless(each) for each in self.app[platform]["redirectUris"]}:
                return platform
        return ""

    @property
    def is_public(self) -> bool:
        """Whether it may sign people in without an address to answer at, as a device does."""
        return bool(self.app.get("isFallbackPublicClient"))


def _portless(uri: str) -> str:
    found = _LOOPBACK.match(uri)
    return found[1].lower() + (uri[found.end() :] or "/") if found else uri


def origin_of(uri: str) -> str:
    """Return the origin of an address, as a browser sends it."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def find(directory: Directory, tenant: str, client_id: str) -> Client:
    """Return the application with a client id; `tenant` is a directory, or empty for all of them.

    Raises:
        Problem: AADSTS900144 without an id; AADSTS700016 for an unknown one, or one of another directory alone;
            AADSTS50194 for an application of one directory that asks for all.
    """
    if not client_id:
        text = "The request body must contain the following parameter: 'client_id'."
        raise refuse(400, "invalid_request", 900144, text)
    own = first_party.client(client_id)
    if own is not None:
        return Client(*own, is_microsofts=True)
    found = [Client(home, app) for home, app in registrations.homes(directory, client_id)]
    usable = [each for each in found if not _is_single(each) or each.home == tenant]
    if found and not usable and not tenant:
        text = (
            f"Application '{client_id}'({found[0].name}) is not configured as a multi-tenant application. Usage of the "
            "/common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific "
            "endpoint or configure the application to be multi-tenant."
        )
        raise refuse(400, "invalid_request", 50194, text)
    if not usable:
        where = f" in the directory '{tenant}'" if tenant else ""
        text = f"Application with identifier '{client_id}' was not found{where}."
        raise refuse(400, "unauthorized_client", 700016, text)
    return next((each for each in usable if each.home == tenant), usable[0])


def _is_single(client: Client) -> bool:
    return bool(client.app["signInAudience"] == registrations.MY_ORGANISATION)


def directory_name(directory: Directory, name: str) -> str:
    """Return the id of the directory that an address names; empty for all of them. Raises: Problem AADSTS90002."""
    return "" if name.lower() in ANY_DIRECTORY else apps.find_tenant(directory, name)


def check_secret(client: Client, platform: str, protector: SecretProtector, form: Json, now_us: int) -> None:
    """Refuse a client of the web without its secret, and any other one with a secret."""
    given = {"client_secret", "client_assertion"} & set(form)
    if platform != WEB:
        if given:
            text = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."
            raise refuse(401, "invalid_client", 700025, text)
        return
    if "client_secret" not in form:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise refuse(401, "invalid_client", 7000218, text)
    apps.check_secret(protector, [client.app], form["client_secret"], now_us)


def check_origin(platform: str, redirect_uri: str, origin: str) -> None:
    """Let a page redeem its code or token from the origin that got it; refuse any other page."""
    if platform == SPA and not origin:
        text = "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin"
        raise refuse(400, "invalid_request", 9002327, f"{text} requests.")
    if (platform == SPA and origin != origin_of(redirect_uri)) or (platform != SPA and origin):
        text = "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type."
        raise refuse(400, "invalid_request", 9002326, f"{text} Request origin: '{origin}'.")
