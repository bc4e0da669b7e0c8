"""Composition and the localhost face: config, lock, supervisor, sessions, API."""
