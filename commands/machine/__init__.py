"""Verbs for this machine; none of them needs a daemon."""
