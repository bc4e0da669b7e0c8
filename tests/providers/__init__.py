"""Tests of everything that thinks for money or for electricity."""
