"""One file per noun: speaks to the running daemon over HTTP and prints."""
