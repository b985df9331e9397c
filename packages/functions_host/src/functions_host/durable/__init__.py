"""Durable Functions: orchestrations, activities and entities, from committed messages to committed effects."""
