"""Pixels in, facts or pixels out. Pure; runs in worker processes."""
