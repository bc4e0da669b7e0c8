"""What the user does to pictures and projects, and the history of it."""
