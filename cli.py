"""The console script: assembles the commands."""
