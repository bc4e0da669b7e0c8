"""Everything that thinks for money or for electricity."""
