"""OpenAI, and every server that speaks its API: pictures, answers in words, vectors."""
