"""Work for providers: what is asked for, how it stands, what it costs."""
