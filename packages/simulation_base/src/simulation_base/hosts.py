"""Check of a request's host: pages for anybody at this machine answer no name that others may give to it.

A web page of another origin can make its own name point at this machine (DNS rebinding) and would then read what the
browser reads. An address, or localhost, cannot be given away so.
"""

from ipaddress import ip_address

REFUSAL = "This page answers requests to an address or to localhost only: use http(s)://127.0.0.1 in place of the name."


def is_address(host: str) -> bool:
    """Return whether a ``Host`` header, with or without a port, is an IP address or localhost."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if name.lower() == "localhost":
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
