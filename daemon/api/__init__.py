"""HTTP on the loopback address: a guard, a table of routes, one file of handlers per noun."""
