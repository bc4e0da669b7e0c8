"""The runner after a stop, and what could not be stored."""
