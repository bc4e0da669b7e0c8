"""What people gather: albums, saved prompts, saved searches and export presets."""
