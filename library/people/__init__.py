"""Who belongs to a workspace, with which devices and roles, and how people come in and go."""
