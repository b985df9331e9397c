"""Target of an answer to a browser: the redirect URI, in the way that was asked for.

Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow (response_mode, state, errors).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from azure_simulator.core.answers import Answer
from azure_simulator.entra.apps import refuse
from azure_simulator.entra.sign_in import pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure_simulator.core.answers import Problem
    from azure_simulator.entra.sign_in.clients import Client

MODES = ("query", "fragment", "form_post")


@dataclass(frozen=True)
class Target:
    """A registered address of a client."""

    redirect_uri: str
    platform: str
    mode: str = "query"
    state: str | None = None

    def answer(self, values: Mapping[str, str]) -> Answer:
        """Send the browser there with some values."""
        said = {**values, **({} if self.state is None else {"state": self.state})}
        if self.mode == "form_post":
            return pages.form_post(self.redirect_uri, said)
        mark = "#" if self.mode == "fragment" else "&" if "?" in self.redirect_uri else "?"
        return Answer(
            status=302,
            headers={"Location": f"{self.redirect_uri}{mark}{urlencode(said)}", "Cache-Control": "no-store"},
        )

    def refused(self, problem: Problem, subcode: str = "") -> Answer:
        """Send the browser there with an error."""
        said = {"error": problem.code, "error_description": problem.message}
        return self.answer(said | ({"error_subcode": subcode} if subcode else {}))


def read(client: Client, params: Mapping[str, str], *, default_mode: str = "query") -> Target:
    """Return the target of a request.

    Raises:
        Problem: AADSTS900971 without an address, AADSTS50011 for one that is not registered. It is shown to the person:
            to send it anywhere would be unsafe.
    """
    uri = params.get("redirect_uri", "")
    if not uri:
        raise refuse(400, "invalid_request", 900971, "No reply address provided.")
    platform = client.platform(uri)
    if not platform:
        text = (
            f"The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the "
            f"application '{client.id}'. Make sure the redirect URI sent in the request matches one added to your "
            "application in the Azure portal."
        )
        raise refuse(400, "invalid_request", 50011, text)
    mode = params.get("response_mode", default_mode)
    return Target(uri, platform, mode if mode in MODES else default_mode, params.get("state"))
