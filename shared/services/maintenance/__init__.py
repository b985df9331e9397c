"""What timers do: due rows, upkeep of the records, exports, restores, and the end of a tenant or a person."""
