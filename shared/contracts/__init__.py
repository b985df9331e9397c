"""The contracts between layers: wire names, orders and outcomes of every activity and orchestrator.

Triggers and orchestrators know work by its contract, never by importing it.
"""
