"""Content Credentials (C2PA): who says that it made the picture by machine. Claimed and not verified here.

No prompt stands in them. The manifest is JUMBF boxes of CBOR; the two words looked for stand in it as plain text.
"""

from __future__ import annotations

from imaging.inspection import Facts

MADE_BY_MACHINE = b"trainedAlgorithmicMedia"
# What a claim's generator or agent is called → our name; the first that is found counts.
MAKERS = (
    (b"Firefly", "firefly"),
    (b"OpenAI", "openai"),
    (b"ChatGPT", "openai"),
    (b"DALL", "openai"),
    (b"GPT-4o", "openai"),
    (b"Black Forest Labs", "flux"),
    (b"Google", "google"),
    (b"Stability", "stability"),
    (b"Designer", "microsoft"),
)


def read(manifest: bytes) -> Facts | None:
    if MADE_BY_MACHINE not in manifest:
        return None
    return Facts(tool=next((tool for sign, tool in MAKERS if sign in manifest), None))
