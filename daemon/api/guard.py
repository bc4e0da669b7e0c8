"""What a request must look like before anybody listens to it. Pure: headers and route class in, refusal out.

A web page in the user's browser, a rebound name, another program's page on another port: none may read, change or
learn anything. So every rule is about what such a page cannot choose: Host, Origin, Sec-Fetch-Site, content type,
the X-Gesso header, and a credential that it does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from multidict import CIMultiDictProxy

from daemon.api.access import Access
from daemon.errors import Refused

RouteClass = Literal["public", "page", "login", "api-read", "api-write", "upload", "events"]
# Everything else needs a credential.
OPEN: frozenset[RouteClass] = frozenset({"public", "page", "login"})
# These change something, so a browser must show that the page's own code asked.
CHANGING: frozenset[RouteClass] = frozenset({"login", "api-write", "upload"})
SITES = frozenset({"same-origin", "none"})
JSON = "application/json"
BYTES = "application/octet-stream"
HINT_IN = "Open the page with `gesso ui`; programs send the token of `gesso paths` as `Authorization: Bearer`."


class Credential(NamedTuple):
    """How the caller was let in."""

    how: Literal["nothing", "token", "session"]
    session: str = ""


NOBODY = Credential("nothing")


class Addresses(NamedTuple):
    """The only names under which this daemon may be asked for, and the only pages that may ask."""

    hosts: frozenset[str]
    origins: frozenset[str]

    @classmethod
    def of(cls, port: int) -> Addresses:
        suffixes = ("", ":80") if port == 80 else (f":{port}",)
        hosts = [name + suffix for name in ("127.0.0.1", "localhost", "[::1]") for suffix in suffixes]
        return cls(frozenset(hosts), frozenset(f"http://{host}" for host in hosts))


def check_target(target: str) -> None:
    """Only a plain path: no absolute address, no authority, no fragment."""
    if not target.startswith("/") or "#" in target:
        raise Refused(400, "target", "The request's target is not a path.")


def is_arrival(method: str, target: str, headers: CIMultiDictProxy[str]) -> bool:
    """Whether a person's browser, in a window of its own, is led to the page: by a link, or by our launching file.

    What it gets is the same for everybody, and it brings no session with it (SameSite=Strict).
    """
    modes, kinds = headers.getall("Sec-Fetch-Mode", []), headers.getall("Sec-Fetch-Dest", [])
    return method == "GET" and target == "/" and modes == ["navigate"] and kinds == ["document"]


def check_origin(headers: CIMultiDictProxy[str], addresses: Addresses, arrival: bool = False) -> None:
    """Refuse what did not come for us, or came from somebody else's page."""
    named = headers.getall("Host", [])
    if len(named) != 1 or named[0] not in addresses.hosts:
        raise Refused(421, "host", "This address is not answered here.", hint="Use the address that `gesso up` shows.")
    origins = headers.getall("Origin", [])
    if len(origins) > 1 or any(origin not in addresses.origins for origin in origins):
        raise Refused(403, "origin", "Requests from other pages are refused.")
    sites = headers.getall("Sec-Fetch-Site", [])
    if len(sites) > 1 or (not arrival and any(site not in SITES for site in sites)):
        raise Refused(403, "site", "Requests from other pages are refused.")
    if "Upgrade" in headers:
        raise Refused(400, "upgrade", "Only plain HTTP is spoken here.")


def identify(headers: CIMultiDictProxy[str], kind: RouteClass, access: Access) -> Credential:
    """Who asks; refuses who may not."""
    if kind in OPEN:
        if kind in CHANGING:
            _check_intent(headers)
        return NOBODY
    given = headers.getall("Authorization", [])
    if given:
        scheme, _, token = given[0].partition(" ")
        if len(given) == 1 and scheme.lower() == "bearer" and access.knows_token(token.strip()):
            return Credential("token")
        raise Refused(401, "token", "The token is wrong.", hint=HINT_IN)
    session = cookie(headers.getall("Cookie", []), access.cookie)
    if session is None or not access.knows_session(session):
        raise Refused(401, "signed_out", "You are not let in.", hint=HINT_IN)
    if kind in CHANGING:
        _check_intent(headers)
    return Credential("session", session)


def _check_intent(headers: CIMultiDictProxy[str]) -> None:
    # A form or an image of another page cannot send this header, and no CORS answer will ever allow it.
    if headers.getall("X-Gesso", []) != ["1"]:
        raise Refused(403, "intent", "The header `X-Gesso: 1` is missing.")


def check_content(headers: CIMultiDictProxy[str], kind: RouteClass) -> None:
    """One content type per route class; nothing that a form could send, nothing compressed."""
    types = headers.getall("Content-Type", [])
    if "Content-Length" in headers and "Transfer-Encoding" in headers:
        raise Refused(400, "length", "The length is said in two ways.")
    if "Content-Encoding" in headers:
        raise Refused(415, "content_encoding", "Compressed requests are not understood.")
    wanted = BYTES if kind == "upload" else JSON
    has_body = headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers
    if not types and not has_body and kind != "upload":
        return
    if len(types) != 1 or not _is(types[0], wanted):
        raise Refused(415, "content_type", f"The content type must be {wanted}.")


def _is(given: str, wanted: str) -> bool:
    name, _, parameters = given.partition(";")
    if name.strip().lower() != wanted:
        return False
    return not parameters.strip() or parameters.strip().lower().replace('"', "") == "charset=utf-8"


def cookie(headers: Sequence[str], name: str) -> str | None:
    """The value of one cookie when it stands there exactly once.

    Read by hand: other programs on this address share its cookies, and what they put there must not break ours.
    """
    pairs = [part.strip().partition("=") for header in headers for part in header.split(";")]
    found = [value for key, _, value in pairs if key == name]
    return found[0] if len(found) == 1 else None
