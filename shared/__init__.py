"""Code that every layer of Deskwright may import, from the pure core outwards; ARCHITECTURE.md has the layers."""
