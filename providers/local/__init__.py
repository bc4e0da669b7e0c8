"""Providers that need no other machine."""
