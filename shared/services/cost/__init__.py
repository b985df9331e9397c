"""Cost: reading prices, recording machines, reports, forecasts and budgets."""
