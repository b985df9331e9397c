"""Cost: prices, the rate card of a tenant, costs by day, and budgets. Pure."""
