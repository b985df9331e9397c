"""The engine every plane of the simulated cloud stands on; `local.cloud` explains the seam."""
