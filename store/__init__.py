"""Bytes and rows, no meaning: the database file, the blobs."""
