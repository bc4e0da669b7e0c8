"""What people gather: albums and saved prompts."""
