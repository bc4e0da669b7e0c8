"""Verbs for what several devices hold together."""
