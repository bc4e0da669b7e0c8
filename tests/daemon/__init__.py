"""Tests of the daemon's room."""
