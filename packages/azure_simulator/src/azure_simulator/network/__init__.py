"""Microsoft.Network: virtual networks, interfaces, public addresses, gateways, security groups, private endpoints.

A resource type is one module with `OPERATIONS`; `install` serves them, and usages are listed in its order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.arm import async_operations
from azure_simulator.network import (
    bastion_hosts,
    nat_gateways,
    network_interfaces,
    private_dns,
    private_endpoints,
    public_ip_addresses,
    route_tables,
    security_groups,
    security_rules,
    subnets,
    usages,
    virtual_networks,
)
from azure_simulator.network.provider import NETWORK

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Serve Microsoft.Network."""
    arm.serve(
        cloud,
        virtual_networks.OPERATIONS,
        subnets.OPERATIONS,
        network_interfaces.OPERATIONS,
        security_groups.OPERATIONS,
        security_rules.OPERATIONS,
        public_ip_addresses.OPERATIONS,
        nat_gateways.OPERATIONS,
        bastion_hosts.OPERATIONS,
        route_tables.OPERATIONS,
        *private_dns.OPERATIONS,
        *private_endpoints.OPERATIONS,
        usages.ROUTES,
        async_operations.routes(NETWORK, "network.operation.get", "NetworkRead"),
    )
