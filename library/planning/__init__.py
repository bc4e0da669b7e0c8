"""What an exchange with other devices would do, before it does it, and what it came to."""
