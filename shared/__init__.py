"""What every room of Deskwright may use, from the pure core outwards; see ARCHITECTURE.md for who may import whom."""
