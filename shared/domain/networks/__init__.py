"""Connections: how machines reach the network and the directory, and how healthy that is. Pure."""
