"""The room daemon/service."""
