"""This device's folder: its key, what it remembers of its user, and its workspaces, open or closed."""
