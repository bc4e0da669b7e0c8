"""What people gather, on the page: albums and saved prompts."""
