"""Batches: what a person writes, and the requests that come of it."""
