"""Tokens of the administrator who deploys: from the Azure CLI, or from azd if it runs the hook."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime

from deployment.clients import DeploymentError, Token

_BEFORE_END_S = 300
_TIMEOUT_S = 120


def tokens(resource: str, *, tenant: str = "") -> Token:
    """Return a function that gives a token for a resource such as `https://graph.microsoft.com`.

    Inside a hook of azd (`AZURE_ENV_NAME` is set) azd is asked first; else the Azure CLI. A token is kept until five
    minutes before its end.

    Raises:
        DeploymentError: nobody is signed in, or neither program is installed.
    """
    kept: list[tuple[str, float]] = []

    def token() -> str:
        if not kept or kept[0][1] - _BEFORE_END_S < time.time():
            kept[:] = [_asked(resource, tenant)]
        return kept[0][0]

    return token


def _asked(resource: str, tenant: str) -> tuple[str, float]:
    programs: list[tuple[str, Callable[[str, str], list[str]]]] = [("az", _of_az), ("azd", _of_azd)]
    if os.environ.get("AZURE_ENV_NAME"):
        programs.reverse()
    refusals = []
    for name, words in programs:
        path = shutil.which(name)
        if path is None:
            continue
        try:
            done = subprocess.run(
                [path, *words(resource, tenant)], capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
            )
            if done.returncode == 0:
                return _read(json.loads(done.stdout))
        except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError) as problem:
            refusals.append(f"{name}: it gives no token that can be read ({type(problem).__name__})")
        else:
            refusals.append(f"{name}: {done.stderr.strip()[-300:]}")
    if not refusals:
        raise DeploymentError("Neither az nor azd is installed: one of them has to be signed in.")
    told = "\n".join(refusals)
    raise DeploymentError(f"No token for {resource}. Sign in with 'az login' or 'azd auth login'.\n{told}")


def _of_az(resource: str, tenant: str) -> list[str]:
    within = ["--tenant", tenant] if tenant else []
    return ["account", "get-access-token", "--resource", resource, "--output", "json", *within]


def _of_azd(resource: str, tenant: str) -> list[str]:
    within = ["--tenant-id", tenant] if tenant else []
    return ["auth", "token", "--scope", f"{resource}/.default", "--output", "json", *within]


def _read(answer: dict[str, object]) -> tuple[str, float]:
    """Read az's `accessToken` with `expires_on`, or azd's `token` with `expiresOn`."""
    if "accessToken" in answer:
        return str(answer["accessToken"]), float(str(answer.get("expires_on", 0)))
    ends = datetime.fromisoformat(str(answer["expiresOn"]))
    return str(answer["token"]), ends.replace(tzinfo=ends.tzinfo or UTC).timestamp()
