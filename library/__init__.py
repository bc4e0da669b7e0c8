"""What the user owns and does: assets, projects, history. Meaning, on top of the mechanisms below it."""
