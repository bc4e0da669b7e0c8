"""Pictures are fetched from where providers say, and nothing inside is reached by it, however it is spelt."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from providers.errors import GenerationFailed, OutcomeUnknown, ProviderError, ResultExpired, Unreachable
from providers.fetching import MOST_BYTES
from providers.web import Inside, Resolver, Web, is_loopback, is_outside, make_socket, proxy_of
from tests.providers.servers import Listening, answering, free_port, request_of

CLOUD = URL("https://api.openai.com/v1")
# Every way to write a place inside; PORT is one that a server of this machine listens on.
SPELLINGS = [
    "http://127.0.0.1:PORT/x",
    "https://127.0.0.1:PORT/x",
    "HTTPS://127.0.0.1:PORT/x",
    "https://127.1:PORT/x",
    "https://127.0.1:PORT/x",
    "https://127.000.000.001:PORT/x",
    "https://0127.0.0.1:PORT/x",
    "https://0177.0.0.1:PORT/x",
    "https://0177.0.0.01:PORT/x",
    "https://0x7f.0.0.1:PORT/x",
    "https://0x7f.1:PORT/x",
    "https://0x7f000001:PORT/x",
    "https://2130706433:PORT/x",
    "https://017700000001:PORT/x",
    "https://127.255.255.254:PORT/x",
    "https://127.0.0.1.:PORT/x",
    "https://localhost:PORT/x",
    "https://LOCALHOST:PORT/x",
    "https://localhost.:PORT/x",
    "https://ｌｏｃａｌｈｏｓｔ:PORT/x",
    "https://①②⑦.⓪.⓪.①:PORT/x",
    "https://１２７.０.０.１:PORT/x",
    "https://127。0。0。1:PORT/x",
    "https://%31%32%37.0.0.1:PORT/x",
    "https://0.0.0.0:PORT/x",
    "https://0:PORT/x",
    "https://0.0:PORT/x",
    "https://[::1]:PORT/x",
    "https://[::]:PORT/x",
    "https://[0:0:0:0:0:0:0:1]:PORT/x",
    "https://[::ffff:127.0.0.1]:PORT/x",
    "https://[::ffff:7f00:1]:PORT/x",
    "https://[0:0:0:0:0:ffff:127.0.0.1]:PORT/x",
    "https://[::127.0.0.1]:PORT/x",
    "https://[::1%25lo]:PORT/x",
    "https://[64:ff9b::127.0.0.1]:PORT/x",
    "https://[64:ff9b::a00:1]:PORT/x",
    "https://[2002:7f00:1::]:PORT/x",
    "https://[fe80::1]:PORT/x",
    "https://[fe80::1%25eth0]:PORT/x",
    "https://[fc00::1]:PORT/x",
    "https://[fd12:3456:789a::1]:PORT/x",
    "https://[fec0::1]:PORT/x",
    "https://[ff02::1]:PORT/x",
    "https://10.0.0.1:PORT/x",
    "https://172.16.0.1:PORT/x",
    "https://192.168.1.1:PORT/x",
    "https://100.64.0.1:PORT/x",
    "https://169.254.169.254/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "https://0xa9fea9fe/latest/meta-data/",
    "https://224.0.0.1:PORT/x",
    "https://255.255.255.255:PORT/x",
    "https://api.openai.com@127.0.0.1:PORT/x",
    "https://api.openai.com:secret@127.0.0.1:PORT/x",
    "https://127.0.0.1:PORT\\@api.openai.com/x",
    "https://127.0.0.1:PORT#@api.openai.com/x",
    "https://rebinding.example:PORT/x",
    "https://half.rebinding.example:PORT/x",
    "//127.0.0.1:PORT/x",
    "127.0.0.1:PORT/x",
    "file:///etc/passwd",
    "ftp://127.0.0.1:PORT/x",
    "gopher://127.0.0.1:PORT/x",
    "unix:///run/docker.sock",
    "data:image/png;base64,AAAA",
    "",
    "https://",
    "https://[",
    "https://a" + "a" * 9000,
]


class Names(AbstractResolver):
    """Resolves as a hostile name server may: what is asked for a second time is somewhere else."""

    def __init__(self) -> None:
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        if host.endswith("rebinding.example"):
            outside = [] if self.asked % 2 or not host.startswith("half") else ["192.0.2.7"]
            return [self._found(host, address, port) for address in (*outside, "127.0.0.1")]
        if host.rstrip(".").lower() == "localhost":
            return [self._found(host, address, port) for address in ("127.0.0.1", "::1")]
        return [self._found(host, socket.inet_ntoa(socket.inet_aton(host)), port)]  # as old resolvers read numbers

    def _found(self, host: str, address: str, port: int) -> ResolveResult:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return ResolveResult(
            hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
        )

    async def close(self) -> None:
        return None


@asynccontextmanager
async def web(base: URL = CLOUD) -> AsyncIterator[Web]:
    opened = Web(base, resolver=Names())
    try:
        yield opened
    finally:
        await opened.aclose()


async def fetched(some: Web, place: str) -> bytes:
    return b"".join([piece async for piece in some.pieces(place)])


async def refused(some: Web, place: str) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        await fetched(some, place)
    return raised.value


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """That somebody came is all that counts."""


@asynccontextmanager
async def inside() -> AsyncIterator[list[Listening]]:
    """Servers of this machine on one port, at every address that it has for itself."""
    some = [Listening(hang_up)]
    async with some[0].here():
        try:
            other = Listening(hang_up)
            async with other.here(host="::1", port=some[0].port):
                yield [*some, other]
        except OSError:  # no IPv6 here
            yield some


async def test_no_spelling_of_a_place_inside_is_reached() -> None:
    assert len(SPELLINGS) >= 40
    async with inside() as servers, web() as some:
        for spelling in SPELLINGS:
            error = await refused(some, spelling.replace("PORT", str(servers[0].port)))
            assert not isinstance(error, OutcomeUnknown), spelling
        assert [each.reached for each in servers] == [0] * len(servers)


async def test_without_the_gates_those_spellings_reach_it() -> None:
    """Else the test above would show nothing."""
    async with inside() as servers:
        connector = aiohttp.TCPConnector(resolver=Names(), force_close=True)
        async with aiohttp.ClientSession(connector=connector) as session:
            for spelling in SPELLINGS:
                if spelling.lower().startswith("https:") and "PORT" in spelling and "rebinding" not in spelling:
                    try:
                        async with session.get(spelling.replace("PORT", str(servers[0].port)), timeout=FAST):
                            pass
                    except (aiohttp.ClientError, ValueError, TimeoutError, OSError):
                        pass
        assert sum(each.reached for each in servers) >= 15


async def test_each_gate_holds_alone() -> None:
    """The one where names are resolved, and the one where sockets are made, for what is no name."""
    for host in ("localhost", "2130706433", "0x7f.1", "rebinding.example", "half.rebinding.example"):
        with pytest.raises(Inside):
            await Resolver(Names()).resolve(host, 443)
    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1%lo"):
        with pytest.raises(Inside):
            make_socket(
                (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 443))
            )
    made = make_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("93.184.216.34", 443)))
    made.close()


FAST = aiohttp.ClientTimeout(total=0.5)


@pytest.mark.parametrize("spelling", [each for each in SPELLINGS if "PORT" in each])
async def test_a_redirect_leads_no_further_inside_than_a_link(spelling: str) -> None:
    async with inside() as servers:
        target = spelling.replace("PORT", str(servers[0].port))
        start = Listening(answering(302, b"", {"Location": target.encode().decode("latin-1")}))
        async with start.here(), web(URL(start.base_url)) as some:
            await refused(some, f"http://127.0.0.1:{start.port}/picture")
        assert start.reached == 1
        assert [each.reached for each in servers] == [0] * len(servers)


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("64:ff9b::93.184.216.34", True),
        ("::ffff:93.184.216.34", True), ("127.0.0.1", False), ("::1", False), ("::ffff:10.0.0.1", False),
        ("100.64.0.1", False), ("100.127.255.255", False), ("169.254.169.254", False), ("fd00:ec2::254", False),
        ("192.0.0.192", False), ("192.88.99.1", False),
        ("198.18.0.1", False), ("192.0.2.1", False), ("0.0.0.0", False), ("240.0.0.1", False),
        ("fe80::1%eth0", False), ("64:ff9b::10.0.0.1", False), ("64:ff9b:1::1", False), ("2002:a00:1::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False), ("ff0e::1", False), ("localhost", False), ("", False),
    ],
)  # fmt: skip
def test_addresses_of_the_internet_are_told_from_all_others(address: str, outside: bool) -> None:
    assert is_outside(address) is outside


@pytest.mark.parametrize(
    ("base", "here"),
    [
        ("http://127.0.0.1:1234/v1", True), ("http://localhost:1234/v1", True), ("http://[::1]:1234/v1", True),
        ("http://127.8.8.8/v1", True), ("http://192.168.1.5:8080/v1", False), ("http://0.0.0.0:8080/v1", False),
        ("http://2130706433/v1", False), ("http://localhost.example.org/v1", False), (str(CLOUD), False),
        ("http://127.0.0.1.nip.io/v1", False),
    ],
)  # fmt: skip
def test_only_what_is_this_machine_beyond_doubt_counts_as_it(base: str, here: bool) -> None:
    assert is_loopback(URL(base)) is here


async def test_a_server_on_this_machine_gives_its_own_pictures_and_leads_nowhere_else() -> None:
    async with Listening(answering(200, b"picture")).here() as own, inside() as servers, web(URL(own.base_url)) as some:
        assert await fetched(some, f"http://127.0.0.1:{own.port}/made/1.png") == b"picture"
        await refused(some, f"http://127.0.0.1:{servers[0].port}/made/1.png")
        await refused(some, f"http://localhost:{own.port}/made/1.png")  # the same machine, another origin
        assert own.reached == 1 and servers[0].reached == 0


async def test_what_was_closed_opens_nothing_more() -> None:
    """Also while it follows a place to another one, as when Gesso goes offline."""
    some: Web

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        some._closed = True
        writer.write(b"HTTP/1.1 302 x\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with Listening(serve).here() as own, web(URL(own.base_url)) as some:
        assert type(await refused(some, f"http://127.0.0.1:{own.port}/picture")) is Unreachable
        await some.aclose()
        assert type(await refused(some, f"http://127.0.0.1:{own.port}/picture")) is Unreachable
        assert own.reached == 1 and not some._sessions


async def test_nothing_that_belongs_to_anybody_is_sent_along() -> None:
    seen = b""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen += await request_of(reader)
        writer.write(b"HTTP/1.1 302 x\r\nSet-Cookie: a=b\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with Listening(serve).here() as own, web(URL(own.base_url)) as some:
        error = await refused(some, f"http://127.0.0.1:{own.port}/picture?signature=canary")
        assert own.reached == 4  # three redirects are followed
    assert "canary" not in str(error)
    names = {line.split(b":")[0].lower() for line in seen.split(b"\r\n") if b":" in line}
    assert names == {b"host", b"accept", b"accept-encoding", b"user-agent", b"connection"}


async def test_an_endless_picture_is_stopped_at_the_cap() -> None:
    sent, piece = 0, 1 << 20

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await request_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while sent < 10 << 30:
            writer.write(b"%x\r\n" % piece + bytes(piece) + b"\r\n")
            await writer.drain()
            sent += piece

    async with Listening(endless).here() as own, web(URL(own.base_url)) as some:
        got = 0
        with pytest.raises(GenerationFailed, match="larger"):
            async for each in some.pieces(f"http://127.0.0.1:{own.port}/picture"):
                got += len(each)
    assert got <= MOST_BYTES
    assert sent < 2 * MOST_BYTES


async def test_a_picture_that_only_trickles_is_given_up() -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(200):
            writer.write(b"1\r\nx\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with Listening(trickle).here() as own:
        some = Web(URL(own.base_url), seconds=0.3)
        assert type(await refused(some, f"http://127.0.0.1:{own.port}/picture")) is GenerationFailed
        await some.aclose()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, ResultExpired), (404, ResultExpired), (410, ResultExpired), (400, GenerationFailed), (204, GenerationFailed),
     (429, OutcomeUnknown), (500, OutcomeUnknown), (503, OutcomeUnknown)],
)  # fmt: skip
async def test_what_a_place_answers_is_told_as_gone_not_taken_or_not_now(
    status: int, kind: type[ProviderError]
) -> None:
    async with Listening(answering(status, b"")).here() as own, web(URL(own.base_url)) as some:
        assert type(await refused(some, f"http://127.0.0.1:{own.port}/picture")) is kind


async def test_a_place_that_is_away_or_breaks_off_can_be_asked_again() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nhalf")
        await writer.drain()

    async with Listening(half).here() as own, web(URL(own.base_url)) as some:
        assert type(await refused(some, f"http://127.0.0.1:{own.port}/picture")) is OutcomeUnknown
    away = f"http://127.0.0.1:{free_port()}"
    async with web(URL(away)) as some:
        assert type(await refused(some, f"{away}/picture")) is Unreachable


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "printer",
        "nas.local",
        "router.lan",
        "127.1",
        "0x7f.1",
        "2130706433",
        "10.0.0.1",
        "[::1]",
        "a.internal",
    ],
)
async def test_behind_a_proxy_only_names_of_the_internet_are_asked_for(host: str) -> None:
    async with Listening(answering(200, b"secret")).here() as proxy:
        some = Web(CLOUD, proxy_of(f"http://127.0.0.1:{proxy.port}"))
        assert type(await refused(some, f"https://{host}/x")) is GenerationFailed
        assert proxy.reached == 0
        await refused(some, "https://pictures.example.org/x")
        assert proxy.reached == 1
        await some.aclose()


def test_a_proxy_that_is_none_is_told_without_its_password() -> None:
    for address in ("socks5://me:canary@127.0.0.1", "me:canary@127.0.0.1", "http://[", "http://"):
        with pytest.raises(ValueError, match="proxy must be") as raised:
            proxy_of(address)
        assert "canary" not in str(raised.value)
