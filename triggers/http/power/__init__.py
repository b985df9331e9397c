"""Routes of power schedules."""
