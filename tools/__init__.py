"""Commands of an operator, run from a checkout with their own sign-in; never deployed."""
