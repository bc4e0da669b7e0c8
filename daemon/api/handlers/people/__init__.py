"""Routes of who belongs to a workspace: members, invitations, recovery kits, and what is in quarantine."""
