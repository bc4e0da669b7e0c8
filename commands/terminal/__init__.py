"""How things look in a terminal: language, width, tables, progress, timelines. Knows nothing of the daemon."""
