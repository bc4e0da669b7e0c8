"""Launch codes, sessions, tokens, proof."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from daemon.api.access import Access
from daemon.credentials import Credentials, ensure, keep_private, prove
from daemon.paths import Paths
from tests.daemon.house import Running, SetClock, running

DAY = 86_400


def access_of(tmp_path: Path, clock: SetClock) -> Access:
    paths = Paths.of(tmp_path, {})
    keep_private(paths)
    return Access(ensure(paths, random.Random(1)), paths.sessions, clock, random.Random(2), 30)


def let_in(access: Access) -> str:
    session = access.redeem(access.mint_code())
    assert session is not None
    return session


def test_code_is_good_once(tmp_path: Path) -> None:
    access = access_of(tmp_path, SetClock())
    code = access.mint_code()
    session = access.redeem(code)
    assert session is not None and access.knows_session(session)
    assert access.redeem(code) is None


def test_code_dies_after_a_minute(tmp_path: Path) -> None:
    clock = SetClock()
    access = access_of(tmp_path, clock)
    early, late = access.mint_code(), access.mint_code()
    clock.move(59)
    assert access.redeem(early)
    clock.move(2)
    assert access.redeem(late) is None


def test_code_outlives_no_change_of_the_wall_clock(tmp_path: Path) -> None:
    clock = SetClock()
    access = access_of(tmp_path, clock)
    code = access.mint_code()
    clock.wall -= 10 * 365 * DAY * 1000
    clock.seconds += 61
    assert access.redeem(code) is None


def test_only_the_latest_codes_wait(tmp_path: Path) -> None:
    access = access_of(tmp_path, SetClock())
    codes = [access.mint_code() for _ in range(30)]
    assert access.redeem(codes[0]) is None
    assert access.redeem(codes[-1])


def test_sessions_survive_a_restart_and_are_kept_as_hashes_only(tmp_path: Path) -> None:
    clock = SetClock()
    session = let_in(access_of(tmp_path, clock))
    file = Paths.of(tmp_path, {}).sessions
    assert session not in file.read_text() and session[-64:] not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert access_of(tmp_path, clock).knows_session(session)


def test_unused_session_ends_and_used_one_goes_on(tmp_path: Path) -> None:
    clock = SetClock()
    access = access_of(tmp_path, clock)
    used, idle = let_in(access), let_in(access)
    for _ in range(40):
        clock.move(DAY)
        assert access.knows_session(used)
    assert not access.knows_session(idle)


def test_clock_ten_years_off_and_back_locks_nobody_out(tmp_path: Path) -> None:
    clock = SetClock()
    access = access_of(tmp_path, clock)
    session = let_in(access)
    decade = 10 * 365 * DAY * 1000
    for jump in (decade, -decade, -decade, decade):
        clock.wall += jump
        access.knows_session(session)
    assert access.knows_session(session)


def test_logged_out_session_is_dead_also_after_a_restart(tmp_path: Path) -> None:
    clock = SetClock()
    access = access_of(tmp_path, clock)
    session = let_in(access)
    access.end(session)
    assert not access.knows_session(session)
    assert not access_of(tmp_path, clock).knows_session(session)


def test_damaged_session_file_only_logs_browsers_out(tmp_path: Path) -> None:
    access_of(tmp_path, SetClock())
    Paths.of(tmp_path, {}).sessions.write_bytes(b"\x00garbage")
    assert not access_of(tmp_path, SetClock()).knows_session("gesso_session_x")


async def test_browser_is_let_in_and_out(house: Running) -> None:
    launch = await house.call("POST", "/api/v1/launch")
    address, _, code = launch.json["url"].partition("#code=")
    assert address == f"http://{house.host}/"
    headers = {"Content-Type": "application/json", "X-Gesso": "1", "Accept-Language": "zh-Hant-TW,en;q=0.5"}
    answer = await house.ask("POST", "/api/v1/session", headers, b'{"code":"%s"}' % code.encode())
    assert (answer.status, answer.json) == (200, {"language": "zh-TW"})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    assert cookie.startswith(f"gesso_{house.credentials.instance}=")
    kept = {"Cookie": cookie.partition(";")[0]}
    assert (await house.ask("GET", "/api/v1/tasks", kept)).status == 200
    assert (await house.ask("POST", "/api/v1/session", headers, b'{"code":"%s"}' % code.encode())).status == 401
    assert (await house.ask("DELETE", "/api/v1/session", {**kept, "X-Gesso": "1"})).status == 204
    assert (await house.ask("GET", "/api/v1/tasks", kept)).status == 401


async def test_proof_is_bound_to_secret_challenge_and_port(house: Running) -> None:
    challenge = bytes(range(32))
    answer = await house.ask("GET", f"/api/v1/proof?challenge={challenge.hex()}")
    secret = house.credentials.proof_secret
    assert answer.json["proof"] == prove(secret, challenge, house.house.port).hex()
    assert answer.json["proof"] != prove(secret, challenge, house.house.port + 1).hex()
    assert answer.json["proof"] != prove(secret, b"\0" * 32, house.house.port).hex()
    assert secret.hex().encode() not in answer.body and secret not in answer.body
    assert (await house.ask("GET", "/api/v1/proof?challenge=00")).status == 422


async def test_squatter_on_the_port_cannot_prove_anything(tmp_path: Path) -> None:
    """Another user's program answers on a port, even by asking the real daemon elsewhere."""
    async with running(tmp_path) as real:

        async def squat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            line = (await reader.readline()).decode()
            relayed = await real.ask("GET", line.split(" ")[1])
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(relayed.body) + relayed.body)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(squat, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        challenge = b"c" * 32
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /api/v1/proof?challenge={challenge.hex()} HTTP/1.1\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        server.close()
        assert b"200 OK" in answer and b"proof" in answer
        assert prove(real.credentials.proof_secret, challenge, port).hex().encode() not in answer


def test_private_files_are_private_and_damaged_ones_made_anew(tmp_path: Path) -> None:
    paths = Paths.of(tmp_path / "home", {})
    keep_private(paths)
    first = ensure(paths, random.Random(1))
    assert ensure(paths, random.Random(2)) == first
    for path in (paths.token, paths.proof_secret, paths.instance):
        assert path.stat().st_mode & 0o777 == 0o600
    for folder in paths.folders:
        assert folder.stat().st_mode & 0o777 == 0o700
    paths.token.write_text("short")
    renewed = ensure(paths, random.Random(3))
    assert renewed.token != first.token and renewed.instance == first.instance
    assert first.token not in repr(first) and isinstance(first, Credentials)
