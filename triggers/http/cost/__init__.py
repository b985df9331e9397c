"""Routes of cost: rate cards, prices, reports and budgets."""
