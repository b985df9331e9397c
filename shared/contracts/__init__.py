"""The promises between rooms: wire names, inputs and outputs of every activity, orchestrator and signal.

Triggers and orchestrators know work by its contract, never by importing it.
"""
