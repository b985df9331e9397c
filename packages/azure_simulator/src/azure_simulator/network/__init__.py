"""Microsoft.Network: virtual networks, interfaces, public addresses, gateways, security groups."""
