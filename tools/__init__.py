"""Commands of an operator, run from a checkout with a sign-in of his own; never deployed."""
