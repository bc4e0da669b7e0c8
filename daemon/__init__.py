"""The composition root and the localhost face."""
