"""Which blobs are on this device, which it wants, which others have: how they come, and how originals are let go."""
