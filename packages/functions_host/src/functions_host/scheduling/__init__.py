"""Time and order: clocks, due work, running work, and the number of pieces of work that run at once."""
