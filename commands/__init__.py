"""The command line: one file per noun. It speaks the daemon's HTTP and prints; meaning is the daemon's."""
