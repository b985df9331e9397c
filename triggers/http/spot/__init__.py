"""Routes of Spot Groups, their session hosts, releases and image sets."""
