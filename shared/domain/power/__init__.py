"""Power of machines: schedules, the engine that decides which machines are on, and the record of their power."""
