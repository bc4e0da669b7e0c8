"""What providers say and embed: the protocols beside that of pictures, and who asks by them."""
