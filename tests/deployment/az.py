"""A program that stands in for `az` where that is not installed: it signs somebody in, gives tokens, compiles Bicep.

python -m tests.deployment.az account get-access-token --resource https://graph.microsoft.com

It asks the simulated cloud at `WALK_CLOUD`. For Graph and Resource Manager the token is of somebody who may do
everything; for another API it is of the person `WALK_PERSON`, who signs in with a device code as the Azure CLI, so
that it has the roles that the directory has given them.
"""

import argparse
import json
import os
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.infra.compiled import Compiled

CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The Azure CLI, in every directory."""
_EVERYTHING = ("https://graph.microsoft.com", "https://management.azure.com")


def main(words: list[str]) -> int:
    """Run one command."""
    match words[:2]:
        case ["login", *_]:
            return 0
        case ["account", "get-access-token"]:
            return _token(words[2:])
        case ["bicep", "build"]:
            sys.stdout.write(json.dumps(Compiled(Path(words[-1]).resolve()).template))
            return 0
    sys.stderr.write(f"'{' '.join(words)}' is not played here\n")
    return 2


def _token(words: list[str]) -> int:
    parser = argparse.ArgumentParser()
    for name in ("--resource", "--scope", "--tenant", "--output"):
        parser.add_argument(name, default="")
    asked = parser.parse_args(words)
    resource = asked.resource or asked.scope.removesuffix("/.default")
    if resource in _EVERYTHING:
        given = _ask("/_sim/tokens", json.dumps({"name": f"administrator {resource}", "audience": resource}).encode())
    else:
        given = _of_person(f"{resource}/.default", os.environ["WALK_TENANT"])
    ends = int(given.get("expires_on") or time.time() + given["expires_in"])
    sys.stdout.write(json.dumps({"accessToken": given["access_token"], "expires_on": ends}))
    return 0


def _of_person(scope: str, tenant: str) -> dict[str, Any]:
    place, client = f"/{tenant}/oauth2/v2.0", {"client_id": CLIENT}
    code = _ask(f"{place}/devicecode", _form({**client, "scope": scope}))
    person = {"userCode": code["user_code"], "user": os.environ["WALK_PERSON"]}
    _ask("/_sim/entra/deviceCodes", json.dumps(person).encode())
    kind = "urn:ietf:params:oauth:grant-type:device_code"
    return _ask(f"{place}/token", _form({**client, "grant_type": kind, "device_code": code["device_code"]}))


def _form(values: dict[str, str]) -> bytes:
    return urllib.parse.urlencode(values).encode()


def _ask(path: str, body: bytes) -> dict[str, Any]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(urllib.request.Request(f"{os.environ['WALK_CLOUD']}{path}", body), timeout=60) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
        return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
