"""How pictures and whole libraries leave, and come back: exports, backups, restores."""
