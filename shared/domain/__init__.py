"""The rules of Deskwright, pure: no clock, no network, no settings; values, and functions of values."""
