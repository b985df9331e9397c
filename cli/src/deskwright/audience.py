"""The audience and the issuer of tokens of a context, agreed upon when it is made, never taken on trust.

What a service says about signing in comes from a page that anybody can publish. A page that names somebody else's API
would be sent a token that opens that API.
"""

import re
import urllib.parse

from deskwright.errors import SignInError

ISSUERS = frozenset({"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"})
"""Entra ID, in each cloud: https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud."""

_SCOPE = re.compile(r"api://(?P<owner>[\w.-]+)(?P<path>(?:/[\w.-]+)*)/[\w.-]+", re.ASCII)
_MICROSOFTS = frozenset(
    {
        "797f4846-ba00-4fd7-ba43-dac1f8f63013",  # Azure Resource Manager
        "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",  # Key Vault
        "e406a681-f3d4-42a8-90b6-c2b029497af1",  # Storage
        "022907d3-0f1b-48f7-badc-1ba6abab6d66",  # SQL
        "499b84ac-1321-427f-aa17-267ca6975798",  # DevOps
        "6dae42f8-4368-4678-94ff-3960e28e3630",  # Kubernetes Service
        "9cdead84-a844-4324-93f2-b2e6bb768d07",  # Virtual Desktop
        "0af06dc6-e4b5-4f28-818e-e78e62d137a5",  # Windows 365
    }
)
_MICROSOFTS_FORMS = re.compile(
    r"0000000\w-0000-0000-c000-000000000000"  # Graph, Exchange, SharePoint and other first ones
    r"|azureadtokenexchange.*"  # a token for it makes its owner any application that trusts the identity
    r"|(?:[\w-]+\.)*(?:microsoft|azure|windows|office|office365|sharepoint)\.(?:com|net|us|cn|de)"
)


def of(scope: str) -> str:
    """Return the audience of a scope: ``api://`` and its owner. Raises: SignInError for an API that is nobody's own."""
    found = _SCOPE.fullmatch(scope)
    if found is None:
        raise SignInError(
            f"the service names the scope {scope!r}; only api://<its own id>/<scope> is asked for",
            advice="A token for anything else would open that to whoever has the address. Is the address right?",
        )
    owner = found["owner"].lower()
    if owner in _MICROSOFTS or _MICROSOFTS_FORMS.fullmatch(owner):
        raise SignInError(
            f"the service names the scope {scope!r}, which is Microsoft's",
            advice="A token for it would open your Azure to whoever has the address. Is the address right?",
        )
    return f"api://{found['owner']}{found['path']}"


def issuer(authority: str) -> str:
    """Return the host that issues tokens. Raises: SignInError where nothing encrypted is named."""
    parts = urllib.parse.urlsplit(authority)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise SignInError(f"the service names {authority!r} as the issuer of tokens, which is no https address")
    return parts.netloc
