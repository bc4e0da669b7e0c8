"""One job carried out: its course from claim to pictures, what is asked of its provider, what is written down."""
