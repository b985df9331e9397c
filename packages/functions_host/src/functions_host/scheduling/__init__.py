"""Time and order: clocks, what is due when, what is running, and how many pieces of work run at once."""
