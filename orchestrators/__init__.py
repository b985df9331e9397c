"""The product's procedures, one file per promise to the user; each reads aloud like the product's documentation."""
