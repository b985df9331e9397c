"""Refusals of templates."""

from __future__ import annotations

from azure_simulator.core.answers import Problem


def invalid_template(text: str) -> Problem:
    """Word the refusal of a template."""
    return Problem(400, "InvalidTemplate", f"Deployment template validation failed: '{text}'.")
