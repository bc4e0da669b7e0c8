"""Making pictures over HTTP: orders, jobs, providers, and what is being written."""
