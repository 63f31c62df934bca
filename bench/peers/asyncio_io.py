#!/usr/bin/env python3
"""The work of bench-runtime's I/O cases in asyncio, and on uvloop where that is installed.

Sockets go by the loop's sock_ functions, which a coroutine awaits as it does on the other sides.

    asyncio_io.py [--quick]
"""

import asyncio
import os
import resource
import signal
import socket
import struct
import tempfile
import time

from measuring import QUICK, resident_bytes, run, timed

PIECE = 64 * 1024
CROWD = 64
CONNECTIONS = 100 if QUICK else 10_000
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


def listen_on_loopback(backlog):
    door = socket.create_server(("127.0.0.1", 0), backlog=backlog)
    door.setblocking(False)
    return door


def connect_to(door, count):
    """Clients that reset when they are closed, so that they leave no port in TIME_WAIT."""
    clients = [socket.create_connection(door.getsockname()) for _ in range(count)]
    for client in clients:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
    return clients


def tcp_pair():
    with listen_on_loopback(1) as door:
        near = socket.create_connection(door.getsockname())
        door.setblocking(True)
        far = door.accept()[0]
    for end in near, far:
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return near, far


async def there_and_back(near, far, count, watch):
    loop = asyncio.get_running_loop()
    near.setblocking(False)
    far.setblocking(False)

    async def echo():
        while data := await loop.sock_recv(far, 1):
            await loop.sock_sendall(far, data)

    peer = asyncio.create_task(echo())
    with watch:
        for _ in range(count):
            await loop.sock_sendall(near, b"x")
            await loop.sock_recv(near, 1)
    near.close()
    await peer
    far.close()


@timed(20_000)
async def socketpair_byte(count, watch):
    await there_and_back(*socket.socketpair(), count, watch)


@timed(20_000)
async def tcp_byte(count, watch):
    await there_and_back(*tcp_pair(), count, watch)


@timed(10_000)
async def stream_64KiB(count, watch):
    loop = asyncio.get_running_loop()
    near, far = tcp_pair()
    near.setblocking(False)
    far.setblocking(False)
    piece = b"x" * PIECE

    async def drain():
        room = bytearray(PIECE)
        while await loop.sock_recv_into(far, room):
            pass

    reader = asyncio.create_task(drain())
    with watch:
        for _ in range(count):
            await loop.sock_sendall(near, piece)
        near.close()
        await reader
    far.close()


@timed(5_000)
async def accept_close(count, watch):
    loop = asyncio.get_running_loop()
    with listen_on_loopback(CROWD) as door:
        for begin in range(0, count, CROWD):
            clients = connect_to(door, min(CROWD, count - begin))
            with watch:
                for _ in clients:
                    (await loop.sock_accept(door))[0].close()
            for client in clients:
                client.close()


@timed(5_000, time.perf_counter_ns)
async def resolver_hit(count, watch):
    loop = asyncio.get_running_loop()
    host = socket.gethostname()
    with watch:
        for _ in range(count):
            await loop.getaddrinfo(host, 80, type=socket.SOCK_STREAM)


async def write_over(size, count, watch):
    loop = asyncio.get_running_loop()
    piece = b"x" * size
    with tempfile.TemporaryFile() as file:
        with watch:
            for _ in range(count):
                await loop.run_in_executor(None, os.pwrite, file.fileno(), piece, 0)


@timed(5_000, time.perf_counter_ns)
async def file_write_4KiB(count, watch):
    await write_over(4 * 1024, count, watch)


@timed(1_000, time.perf_counter_ns)
async def file_write_1MiB(count, watch):
    await write_over(1024 * 1024, count, watch)


@timed(200, time.perf_counter_ns)
async def subprocess(count, watch):
    with watch:
        for _ in range(count):
            child = await asyncio.create_subprocess_exec("/bin/true")
            await child.wait()


TIMED = [socketpair_byte, tcp_byte, stream_64KiB, accept_close, resolver_hit, file_write_4KiB,
         file_write_1MiB, subprocess]


def fork_peers(door):
    """The id of a process that connects to `door` CONNECTIONS times and stays."""
    child = os.fork()
    if child == 0:
        try:
            clients = connect_to(door, CONNECTIONS)
            while clients:
                signal.pause()
        finally:
            os._exit(1)
    return child


async def connections():
    """Bytes a connection, by the growth of resident memory; each has a task that waits to read."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, CONNECTIONS + 100)), hard))
    loop = asyncio.get_running_loop()

    async def wait_to_read(peer):
        with peer:
            await loop.sock_recv(peer, 1)

    with listen_on_loopback(4096) as door:
        peers = fork_peers(door)
        try:
            before = resident_bytes()
            readers = []
            for _ in range(CONNECTIONS):
                peer = (await loop.sock_accept(door))[0]
                readers.append(asyncio.create_task(wait_to_read(peer)))
            await asyncio.sleep(0)
            grown = resident_bytes() - before
        finally:
            os.kill(peers, signal.SIGKILL)
            os.waitpid(peers, 0)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    return {"connections_10000": (grown / CONNECTIONS, "B")}


if __name__ == "__main__":
    run([connections], TIMED)
