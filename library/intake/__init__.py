"""How pictures come in: imports, watched folders, and what is kept where it lies."""
