"""The product's procedures, one file for each promise to the user; each reads like the product's documentation."""
