"""The steps without azd: `python -m deployment all --environment deskwright --location westeurope`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from deployment import steps, templates
from deployment.clients import Client, DeploymentError
from deployment.environment import Environment
from deployment.report import Report
from deployment.sign_in import tokens

GRAPH, ARM = "https://graph.microsoft.com", "https://management.azure.com"
STEPS = ("all", "register", "provision", "connect", "publish", "check", "down")


def main(words: Sequence[str] | None = None) -> int:
    """Run one step, or all of them; return the exit code."""
    asked = _parser().parse_args(words)
    report = Report(dry=asked.dry_run)
    try:
        environment = Environment(steps.ROOT, asked.environment)
        for key, value in _given(asked).items():
            if value and not asked.dry_run:
                environment.set(key, value)
        place = steps.Place(
            environment, Client(GRAPH, tokens(GRAPH)), Client(ARM, tokens(ARM), version=templates.VERSION)
        )
        names = STEPS[1:-1] if asked.step == "all" else (asked.step,)
        for name in names:
            report.say(f"{name}:")
            if not _run(name, place, report, asked):
                return 1
    except DeploymentError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    report.ended()
    return 0


def _run(name: str, place: steps.Place, report: Report, asked: argparse.Namespace) -> bool:
    """Run a step; return whether the next one may follow."""
    environment = place.environment
    match name:
        case "register":
            steps.register(place, report)
        case "provision":
            made = steps.provision(place, templates.compiled(asked.template), report, lambda: asked.yes or _agreed())
            return made or report.dry
        case "connect":
            steps.connect(place, report)
        case "publish":
            site = f"https://{environment.need(steps.APP)}.scm.azurewebsites.net"
            steps.publish(place, Client(site, tokens(ARM)), report)
        case "check":
            steps.check(Client(environment.need(steps.URL), str), report)
        case _:
            steps.down(place, report)
    return True


def _agreed() -> bool:
    return sys.stdin.isatty() and input("Deploy this? [y/N] ").strip().lower() in {"y", "yes"}


def _given(asked: argparse.Namespace) -> dict[str, str]:
    return {
        "AZURE_LOCATION": asked.location,
        "AZURE_SUBSCRIPTION_ID": asked.subscription,
        "AZURE_TENANT_ID": asked.tenant,
        steps.FOR_CUSTOMERS: "true" if asked.for_customers else "",
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deployment", description="Deploy Deskwright without azd.")
    parser.add_argument("step", choices=STEPS, help="one step, or all but down")
    parser.add_argument("--environment", default="deskwright", help="name of the installation")
    parser.add_argument("--location", default="", help="region of the service, such as westeurope")
    parser.add_argument("--subscription", default="", help="id of the provider's subscription")
    parser.add_argument("--tenant", default="", help="id of the provider's directory")
    parser.add_argument("--for-customers", action="store_true", help="customers have directories of their own")
    parser.add_argument("--template", type=Path, default=steps.TEMPLATE, help="another template, Bicep or JSON")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
    parser.add_argument("--yes", action="store_true", help="deploy without asking")
    return parser


if __name__ == "__main__":
    sys.exit(main())
