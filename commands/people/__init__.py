"""Verbs about people: members and invitations, recovery kits, and what is in quarantine."""
