"""Activities on Spot Groups: members, pools, session hosts, the engine, image versions."""
