"""How segments and blobs travel between devices. What they mean is the library's."""
