"""The ways in which a picture is made, one a file; each takes a scene and leaves its canvas painted."""
