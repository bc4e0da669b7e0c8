"""What config.toml and the environment say: every setting, what can be wrong with it, and taking up changes."""
