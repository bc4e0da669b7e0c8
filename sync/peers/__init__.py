"""Other devices: found, met, proven and connected to."""
