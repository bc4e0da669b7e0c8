"""What the system says of the networks that this machine is in."""
