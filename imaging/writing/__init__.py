"""Pictures as containers: what stands beside the pixels is changed, the pixels are not looked at."""
