"""A network of the test's own: machines in network namespaces of Linux, on a bridge, with real links between them.

Links are cut in either direction, lose, are slow, and break connections; machines move to other addresses. Each
namespace lives as long as a process that ends with the test, whatever ends that: nothing is left. No route leads out.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

CLONE_NEWNET = 0x40000000
TOOLS = ("ip", "nft", "tc", "unshare", "ss")
STUDIO, TUNNEL = "10.77.1", "10.77.2"  # the network that is meant, and one that looks like a VPN's
QUEUE = "200ms"  # that a slow link lets wait before it drops
_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """One network namespace. `inside`: whatever this thread opens or starts is in it."""

    def __init__(self) -> None:
        holder = ["unshare", "--net", "sh", "-c", "echo; exec cat"]
        self._holder = subprocess.Popen(
            holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._holder.stdout is not None
        if not self._holder.stdout.readline():
            self.close()
            raise OSError("no network namespace can be made here")

    @property
    def pid(self) -> int:
        return self._holder.pid

    @contextmanager
    def inside(self) -> Iterator[None]:
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            _enter(f"/proc/{self.pid}/ns/net")
            try:
                yield
            finally:
                _check(_libc.setns(own, CLONE_NEWNET))
        finally:
            os.close(own)

    def run(self, *words: str, said: str = "") -> str:
        """Run a command in it; what it prints. OSError with its words when it fails."""
        with self.inside():
            done = subprocess.run(words, input=said, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def close(self) -> None:
        """What runs in it keeps it until it ends."""
        for pipe in (self._holder.stdin, self._holder.stdout):
            assert pipe is not None
            pipe.close()
        self._holder.wait()


def _enter(path: str) -> None:
    there = os.open(path, os.O_RDONLY)
    try:
        _check(_libc.setns(there, CLONE_NEWNET))
    finally:
        os.close(there)


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Machine:
    """A computer on the network. Beside its network it has one that is named as a VPN's is, to the same others."""

    def __init__(self, name: str, number: int, namespace: Namespace) -> None:
        self.name = name
        self.namespace = namespace
        self.address = f"{STUDIO}.{number}"
        self.tunnel = f"{TUNNEL}.{number}"

    def move(self, address: str) -> None:
        """Have another address from now on, as after a new lease."""
        self.namespace.run("ip", "address", "delete", f"{self.address}/24", "dev", "eth0")
        self.namespace.run("ip", "address", "add", f"{address}/24", "dev", "eth0")
        self.address = address

    @contextmanager
    def resetting(self) -> Iterator[None]:
        """Every connection over the network that says something is reset, at both ends."""
        rule = 'oifname "eth0" meta l4proto tcp tcp flags & rst == 0 reject with tcp reset'
        _filter(self.namespace, "inet", "resets", "output", [rule])
        try:
            yield
        finally:
            self.namespace.run("nft", "delete", "table", "inet", "resets")

    def connections(self) -> int:
        """TCP connections that stand over the network."""
        told = self.namespace.run("ss", "-tnH", "state", "established")
        return sum(STUDIO in line for line in told.splitlines())


class Network:
    """A bridge and the machines on it."""

    def __init__(self, bridge: Namespace) -> None:
        self.machines: dict[str, Machine] = {}
        self._bridge = bridge
        self._cut: set[tuple[str, str]] = set()  # from, to
        self._loss = 0
        for name in ("studio", "tunnel"):
            bridge.run("ip", "link", "add", "name", name, "type", "bridge", "mcast_snooping", "0")
            bridge.run("ip", "link", "set", "dev", name, "up")
        self._rule()

    def add(self, name: str, namespace: Namespace) -> Machine:
        machine = self.machines[name] = Machine(name, len(self.machines) + 1, namespace)
        namespace.run("ip", "link", "set", "lo", "up")
        links = (("studio", name, "eth0", machine.address), ("tunnel", f"{name}-wg", "wg0", machine.tunnel))
        for bridge, here, there, address in links:
            peer = ("peer", "name", there, "netns", str(namespace.pid))
            self._bridge.run("ip", "link", "add", "name", here, "type", "veth", *peer)
            self._bridge.run("ip", "link", "set", "dev", here, "master", bridge, "up")
            namespace.run("ip", "address", "add", f"{address}/24", "dev", there)
            namespace.run("ip", "link", "set", there, "up")
        return machine

    def cut(self, one: str, other: str, *, back: bool = True) -> None:
        """Nothing comes from one to the other any more; `back`: nor the other way. It vanishes, nobody is told."""
        self._cut |= {(one, other), (other, one)} if back else {(one, other)}
        self._rule()

    def lose(self, percent: int) -> None:
        """Of all that goes between machines, in either direction."""
        self._loss = percent
        self._rule()

    def slow(self, name: str, bits: int) -> None:
        """Let no more go to a machine and from it; 0 is no limit."""
        places = ((self._bridge, name), (self.machines[name].namespace, "eth0"))
        for namespace, device in places:
            if bits:
                limit = ("tbf", "rate", f"{bits}bit", "burst", str(max(16_000, bits // 2000)), "latency", QUEUE)
                namespace.run("tc", "qdisc", "replace", "dev", device, "root", *limit)
            else:
                namespace.run("tc", "qdisc", "delete", "dev", device, "root")

    def heal(self) -> None:
        """Nothing is cut and nothing is lost."""
        self._cut, self._loss = set(), 0
        self._rule()

    def carried(self, name: str) -> int:
        """Bytes that came to a machine over the network so far, headers included."""
        (found,) = json.loads(self._bridge.run("ip", "-json", "-statistics", "link", "show", "dev", name))
        return int(found["stats64"]["tx"]["bytes"])

    def _rule(self) -> None:
        rules = [f'iifname "{one}" oifname "{other}" drop' for one, other in sorted(self._cut)]
        rules += [f"numgen random mod 100 < {self._loss} drop"] if self._loss else []
        _filter(self._bridge, "bridge", "weather", "forward", rules)


def _filter(namespace: Namespace, family: str, table: str, hook: str, rules: list[str]) -> None:
    """These rules instead of those before, at one moment."""
    chain = [f"type filter hook {hook} priority 0", *rules]
    body = f"table {family} {table} {{\nchain gate {{\n" + "\n".join(chain) + "\n}\n}\n"
    head = f"table {family} {table}\ndelete table {family} {table}\n"
    namespace.run("nft", "-f", "-", said=head + body)


@contextmanager
def network(*names: str) -> Iterator[Network]:
    """Machines of these names on one network. OSError where that cannot be had."""
    with ExitStack() as stack:

        def namespace() -> Namespace:
            made = Namespace()
            stack.callback(made.close)
            return made

        made = Network(namespace())
        for name in names:
            made.add(name, namespace())
        yield made


def why_not() -> str:
    """Why there can be no such network here; nothing where there can."""
    if lacking := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"network namespaces take {', '.join(lacking)}, which is not installed here"
    if os.geteuid():
        return "network namespaces take root"
    try:
        with network("a", "b") as tried:
            tried.cut("a", "b")
            tried.lose(1)
            tried.slow("a", 1_000_000)
            with tried.machines["a"].resetting():
                pass
    except OSError as error:
        return f"network namespaces are not to be had here: {error}"
    return ""
