"""What `doctor` looks at: one file per place where trouble comes from."""
