"""Hosts for the tests of functions_host: as processes, killed and started again, and random orchestrations."""
