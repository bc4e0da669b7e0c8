"""The adapter for OpenAI's API against servers that speak it, and that do not."""
