"""``deploy``: the steps of ``python -m deployment``, from the checkout in which one is."""

import subprocess
import sys

import click

from deskwright import local_run
from deskwright.errors import UsageError


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def deploy(words: tuple[str, ...]) -> None:
    """Deploy the service from a checkout: deskwright deploy all --location westeurope --dry-run."""
    checkout = next((at for at in local_run.above() if (at / "deployment" / "__main__.py").is_file()), None)
    if checkout is None:
        raise UsageError(
            "there is no checkout of Deskwright here, and what is deployed is its content",
            advice="git clone the repository of the service, and call this in its folder (docs/deploy.md there).",
        )
    sys.stdout.flush()
    command = [sys.executable, "-m", "deployment", *(words or ("--help",))]
    sys.exit(subprocess.run(command, cwd=checkout, check=False).returncode)
