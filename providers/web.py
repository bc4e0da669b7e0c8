"""Fetches pictures from the places that providers name, and reaches nothing inside by it.

A place is on the internet and asked by https, or it has the very origin of a base URL on this machine. Addresses are
checked where names are resolved and again where sockets are made, for an address that stands in a link is never
resolved; redirects are followed here, each checked anew. Nothing is sent along that belongs to anybody.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, NamedTuple

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from providers.errors import GenerationFailed, OutcomeUnknown, ProviderError, ResultExpired, Unreachable
from providers.fetching import MOST_BYTES

MOST_REDIRECTS = 3
MOST_ADDRESS = 8192  # characters
MOST_SECONDS = 300.0  # for one picture, however slowly it comes
QUIET_SECONDS = 60.0  # between two pieces of it
PIECE = 1 << 18
# What not every Python knows to be nobody's: addresses of protocols (clouds keep keys at one), and relays.
NOBODYS = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "5f00::/16")))
TRANSLATED = IPv6Network("64:ff9b::/96")  # IPv4 as networks without it see it
HOME_NAMES = {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private", "arpa"}
REDIRECTS = {301, 302, 303, 307, 308}


class Inside(Exception):
    """An address that no picture of a provider can be at. Not an OSError: nothing tries the next address after it."""


def is_outside(address: str) -> bool:
    """Whether an address is one on the internet: not this machine's, this network's, a group's or nobody's."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found in TRANSLATED:
            found = IPv4Address(int(found) & 0xFFFF_FFFF)
        elif found.sixtofour is not None or found.teredo is not None or found.is_site_local:
            return False
    if any(found in each for each in NOBODYS):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def is_loopback(place: URL) -> bool:
    """Whether a URL names this machine beyond doubt."""
    if place.host == "localhost":
        return True
    try:
        return ip_address(place.host or "").is_loopback
    except ValueError:
        return False


class Proxy(NamedTuple):
    """A proxy of a profile, and its name and password as it wants to hear them."""

    url: URL | None
    headers: dict[str, str]


DIRECT = Proxy(None, {})


def proxy_of(address: str) -> Proxy:
    """As a profile names it; "": none. What is wrong with it is said without repeating it."""
    if not address:
        return DIRECT
    try:
        url = URL(address)
        host, user, password = url.host, url.user, url.password
    except ValueError:
        host = user = password = None
    if not host or url.scheme not in ("http", "https"):
        raise ValueError("proxy must be an address that begins with http:// or https://")
    if user is None:
        return Proxy(url, {})
    return Proxy(url.with_user(None), {"Authorization": aiohttp.encode_basic_auth(user, password or "")})


class Resolver(AbstractResolver):
    """Resolves names, and none that leads inside: not even where it leads outside as well."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if not all(is_outside(each["host"]) for each in found):
            raise Inside(host)
        return found

    async def close(self) -> None:
        await self._inner.close()


def make_socket(info: Any) -> socket.socket:
    """A socket for an address outside. The last gate: whatever the way here, this is what is connected to."""
    family, kind, protocol, _, address = info
    if not is_outside(str(address[0])):
        raise Inside(str(address[0]))
    return socket.socket(family, kind, protocol)


class Web:
    """Fetches for one provider. `base`: its base URL · `proxy`: of its profile. A proxy resolves names by itself, so
    that behind one only names of the internet are asked for · `seconds`: the longest that a picture may take.
    """

    def __init__(
        self,
        base: URL,
        proxy: Proxy = DIRECT,
        resolver: AbstractResolver | None = None,
        seconds: float = MOST_SECONDS,
    ) -> None:
        self._own = base.origin() if is_loopback(base) else None
        self._proxy = proxy
        self._resolver = resolver
        self._seconds = seconds
        self._sessions: dict[bool, aiohttp.ClientSession] = {}  # by whether it may go to the provider on this machine
        self._closed = False

    async def pieces(self, place: str) -> AsyncIterator[bytes]:
        """The bytes of a picture. ResultExpired where it is gone, GenerationFailed where it is not taken; the others
        mean that asking again may help.
        """
        size, answer = 0, await self._opened(place)
        try:
            async for piece in answer.content.iter_chunked(PIECE):
                size += len(piece)
                if size > MOST_BYTES:
                    raise GenerationFailed(f"The picture is larger than {MOST_BYTES >> 20} MiB; it is not taken.")
                yield piece
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise failure_of(error, answer.url) from None
        finally:
            answer.close()

    async def _opened(self, place: str) -> aiohttp.ClientResponse:
        """The answer that has the picture, redirects followed."""
        url = self._checked(place)
        for _ in range(MOST_REDIRECTS + 1):
            own = self._is_own(url)
            try:
                proxy = DIRECT if own else self._proxy
                answer = await self._session(own).get(
                    url, allow_redirects=False, proxy=proxy.url, proxy_headers=proxy.headers
                )
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError, Inside) as error:
                raise failure_of(error, url) from None
            if answer.status == 200:
                return answer
            answer.close()
            if answer.status not in REDIRECTS:
                raise _refused(answer.status, url)
            url = self._checked(answer.headers.get("Location", ""), url)
        raise GenerationFailed(f"The picture's place leads on and on, from {url.host}; it is not taken.")

    def _checked(self, place: str, base: URL | None = None) -> URL:
        """A place that may be asked. What it says behind its host is a key to the picture and told nobody."""
        if len(place) > MOST_ADDRESS:
            raise GenerationFailed("The picture's place is too long to be one.")
        try:
            url = URL(place) if base is None else base.join(URL(place))
            host, named = url.host, url.user is not None or url.password is not None
        except ValueError:
            raise GenerationFailed("What the provider gives as the picture's place is none.") from None
        if not host or named:
            raise GenerationFailed("What the provider gives as the picture's place is none.")
        if self._is_own(url):
            return url
        if url.scheme != "https":
            raise GenerationFailed(f"The picture's place, {host}, is not asked by https; it is not taken.")
        if not is_outside(host) if _is_address(host) else self._proxy.url is not None and not _is_public_name(host):
            raise failure_of(Inside(host), url)
        return url

    def _is_own(self, url: URL) -> bool:
        return self._own is not None and url.scheme in ("http", "https") and url.origin() == self._own

    def _session(self, own: bool) -> aiohttp.ClientSession:
        if self._closed:
            raise Unreachable("What was open to this provider was closed.")
        if own not in self._sessions:
            if own or self._proxy.url is not None:
                connector = aiohttp.TCPConnector(force_close=True)
            else:
                connector = aiohttp.TCPConnector(
                    resolver=Resolver(self._resolver),
                    socket_factory=make_socket,
                    happy_eyeballs_delay=None,
                    use_dns_cache=False,
                    force_close=True,
                )
            self._sessions[own] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "Gesso"},
                timeout=aiohttp.ClientTimeout(total=self._seconds, sock_connect=20.0, sock_read=QUIET_SECONDS),
                trust_env=False,
            )
        return self._sessions[own]

    async def aclose(self) -> None:
        self._closed = True  # first: whoever follows on from one place to another opens nothing behind this
        for each in self._sessions.values():
            await each.close()
        self._sessions.clear()


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_public_name(host: str) -> bool:
    """Whether it looks like a name of the internet: with a last part of letters that is not one of home networks."""
    *before, last = host.rstrip(".").split(".")
    return bool(before) and last[:1].isalpha() and last.lower() not in HOME_NAMES


def _refused(status: int, url: URL) -> ProviderError:
    if status in (401, 403, 404, 410):
        return ResultExpired(f"The picture is not at {url.host} any more ({status}).")
    if status == 429 or status >= 500:
        return OutcomeUnknown(f"{url.host} does not give the picture now ({status}).")
    return GenerationFailed(f"{url.host} does not give the picture ({status}).")


def failure_of(error: BaseException, url: URL) -> ProviderError:
    """What a failed try to fetch means."""
    if isinstance(error, Inside):
        return GenerationFailed(f"The picture's place, {url.host}, is not on the internet; it is not taken.")
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Unreachable(f"{url.host} cannot be reached: {type(error).__name__}.")
    if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ServerTimeoutError):
        return GenerationFailed(f"The picture did not come from {url.host} in the time that a picture may take.")
    if isinstance(error, ValueError):
        return GenerationFailed("What the provider gives as the picture's place is none.")
    return OutcomeUnknown(f"{url.host} broke off: {type(error).__name__}.")
