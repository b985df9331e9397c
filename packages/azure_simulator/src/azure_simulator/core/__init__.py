"""The engine every plane of the simulated cloud stands on; `azure_simulator` explains the seam."""
