"""Spot PC: image sets, Spot Groups, their members and session hosts, and the engine that plans capacity. Pure."""
