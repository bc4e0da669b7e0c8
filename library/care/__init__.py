"""Looking after a library: verify, rebuild, digest."""
