"""Values that one step leaves to the next: azd's environment, or a file of the same form without azd."""

import copy
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deployment.clients import DeploymentError

_LINE = re.compile(r'^\s*([A-Za-z_]\w*)="?(.*?)"?\s*$')
_TIMEOUT_S = 60


class NotYetError(DeploymentError):
    """A value that an earlier step leaves, and has not left yet."""


class Environment:
    """The values of one installation, in `.azure/<name>/.env` as azd has it.

    Inside a hook of azd the values are variables of the process, and azd itself writes them.
    """

    def __init__(self, root: Path, name: str, process: Mapping[str, str] | None = None) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][\w-]{0,63}", name):
            raise DeploymentError(f"'{name}' is no name of an environment: letters, digits and hyphens, at most 64.")
        self.name, self._process = name, os.environ if process is None else process
        self._file = root / ".azure" / name / ".env"
        self._within_azd = self._process.get("AZURE_ENV_NAME") == name and shutil.which("azd") is not None
        self._values = self._read()

    def get(self, key: str, default: str = "") -> str:
        """Return a value; a variable of the process counts before one of the file."""
        return self._process.get(key) or self._values.get(key, default)

    def need(self, key: str) -> str:
        """Return a value.

        Raises:
            NotYetError: no step before has left it.
        """
        value = self.get(key)
        if not value:
            raise NotYetError(f"{key} is not known yet: run the steps before, or set it.")
        return value

    def give(self, key: str, value: str) -> None:
        """Let this run have a value that is not kept."""
        self._values[key] = value

    def copied(self) -> "Environment":
        """Return a copy: a value that it is given is not given here."""
        made = copy.copy(self)
        vars(made)["_values"] = dict(self._values)
        return made

    def set(self, key: str, value: str) -> None:
        """Keep a value for the steps that follow."""
        self.give(key, value)
        if self._within_azd:
            azd = shutil.which("azd") or "azd"
            done = subprocess.run([azd, "env", "set", key, value], check=False, timeout=_TIMEOUT_S)
            if done.returncode:
                raise DeploymentError(f"azd does not keep {key}: 'azd env set' has ended with {done.returncode}.")
            return
        lines = "".join(f'{name}="{each}"\n' for name, each in sorted(self._values.items()))
        beside = self._file.with_name(".env.new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(lines, "utf-8")
            beside.replace(self._file)
        except OSError as problem:
            raise DeploymentError(f"{self._file} cannot be written: {problem}") from problem

    def _read(self) -> dict[str, str]:
        try:
            text = self._file.read_text("utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as problem:
            raise DeploymentError(f"{self._file} cannot be read: {problem}") from problem
        lines = map(_LINE.match, text.splitlines())
        return {line[1]: line[2] for line in lines if line}
