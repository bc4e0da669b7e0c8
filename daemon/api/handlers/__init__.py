"""What answers each route: one file per noun."""
