"""Numbers of things in texts for people."""


def amount(count: int, thing: str) -> str:
    """Return such as ``1 Cloud PC`` and ``2 Cloud PCs``."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
