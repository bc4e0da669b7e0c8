"""Who may do what: keys, the membership log and the role rule. No storage, no network."""
