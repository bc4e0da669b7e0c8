"""Services that behave as the real ones do, and misbehave on script, with bills of their own: for tests and demos."""
