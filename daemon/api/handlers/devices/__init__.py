"""Other devices: who they are, how they come in, how they are reached."""
