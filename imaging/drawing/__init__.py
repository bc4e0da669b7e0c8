"""Pictures from words by rules alone: no model, no network, no clock. Not a diffusion model, and none is pretended."""
