"""Starting by itself at log-in: what systemd, launchd and the Task Scheduler are told, per user."""
