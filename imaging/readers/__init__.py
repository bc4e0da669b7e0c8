"""One dialect per file: `read(texts) -> Facts | None`, None when the texts are not of that tool."""
