#!/usr/bin/env python3
"""The work of bench-runtime in asyncio, and on uvloop where that is installed.

Prints a JSON object a line: {"case", "reference", "value", "unit"}. The cases are those of
micro/cases.cpp; a value is the median over some repetitions of the processor time of one
operation. Needs Python 3.11, for task groups and time-outs.

    asyncio_runtime.py [--quick]
"""

import asyncio
import json
import os
import resource
import socket
import statistics
import sys
import time

QUICK = "--quick" in sys.argv[1:]
REPETITIONS = 1 if QUICK else 5
SLEEPERS = 100_000
ALIVE_AT_ONCE = 10_000
ROUNDS = 2 if QUICK else 100


class Stopwatch:
    """`with watch:` around what counts, without what only prepares it."""

    spent = 0

    def __enter__(self):
        self.begin = time.process_time_ns()

    def __exit__(self, *error):
        self.spent += time.process_time_ns() - self.begin


def timed(operations):
    """Marks a coroutine function `measure(count, watch)` that repeats its operation `count` times."""

    def mark(measure):
        measure.operations = max(1, operations // (1000 if QUICK else 1))
        return measure
    return mark


async def nothing():
    return 1


async def one_turn():
    await asyncio.sleep(0)
    return 1


async def turns_of(tasks, count, watch):
    stop = False

    async def keep_yielding():
        while not stop:
            await asyncio.sleep(0)

    others = [asyncio.create_task(keep_yielding()) for _ in range(tasks - 1)]
    with watch:
        for _ in range(count // tasks):
            await asyncio.sleep(0)
    stop = True
    await asyncio.gather(*others)


@timed(300_000)
async def switch(count, watch):
    await turns_of(min(1000, count), count, watch)


@timed(100_000)
async def switch_1(count, watch):
    await turns_of(1, count, watch)


@timed(50_000)
async def spawn_join(count, watch):
    with watch:
        for _ in range(count // 100 or 1):
            async with asyncio.TaskGroup() as group:
                for _ in range(min(100, count)):
                    group.create_task(nothing())


@timed(1_000_000)
async def nested_await(count, watch):
    with watch:
        for _ in range(count):
            await nothing()


async def hops(capacity, count, watch):
    queue = asyncio.Queue(capacity)

    async def send():
        for i in range(count):
            await queue.put(i)

    with watch:
        sender = asyncio.create_task(send())
        for _ in range(count):
            await queue.get()
        await sender


@timed(50_000)
async def channel_hop(count, watch):
    await hops(1, count, watch)


@timed(50_000)
async def channel_hop_128(count, watch):
    await hops(128, count, watch)


@timed(100_000)
async def mutex(count, watch):
    lock = asyncio.Lock()
    with watch:
        for _ in range(count):
            async with lock:
                pass


@timed(50_000)
async def mutex_contended(count, watch):
    lock = asyncio.Lock()

    async def contend(times):
        for _ in range(times):
            async with lock:
                await asyncio.sleep(0)

    with watch:
        await asyncio.gather(contend(count // 2), contend(count - count // 2))


async def limits(work, others, count, watch):
    loop = asyncio.get_running_loop()
    timers = [loop.call_later(3600 + i / 1000, print) for i in range(others)]
    with watch:
        for _ in range(count):
            async with asyncio.timeout(7200):
                await work()
    for timer in timers:
        timer.cancel()


@timed(50_000)
async def timeout_arm_cancel(count, watch):
    await limits(nothing, 0, count, watch)


@timed(50_000)
async def timeout_arm_cancel_10000(count, watch):
    await limits(nothing, 10_000, count, watch)


@timed(50_000)
async def timeout_one_turn(count, watch):
    await limits(one_turn, 0, count, watch)


@timed(50_000)
async def timeout_one_turn_10000(count, watch):
    await limits(one_turn, 10_000, count, watch)


@timed(20_000)
async def race_ready(count, watch):
    with watch:
        for _ in range(count):
            tasks = [asyncio.create_task(nothing()), asyncio.create_task(nothing())]
            done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            for task in done:
                task.result()


@timed(20_000)
async def socketpair_byte(count, watch):
    loop = asyncio.get_running_loop()
    near, far = socket.socketpair()
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


TIMED = [switch, switch_1, spawn_join, nested_await, channel_hop, channel_hop_128, mutex, mutex_contended,
         timeout_arm_cancel, timeout_arm_cancel_10000, timeout_one_turn, timeout_one_turn_10000, race_ready,
         socketpair_byte]


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


async def sleepers():
    """Bytes a task, by the growth of resident memory, and that growth in MiB."""
    before = resident_bytes()
    tasks = [asyncio.create_task(asyncio.sleep(3600)) for _ in range(SLEEPERS)]
    await asyncio.sleep(0)
    grown = resident_bytes() - before
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return {"task_bytes": (grown / SLEEPERS, "B"), "sleeping_100000": (grown / 2**20, "MiB")}


async def crowd():
    """Nanoseconds for each task, and the growth of the peak in MiB."""
    before = resident_bytes()
    begin = time.process_time_ns()
    for _ in range(ROUNDS):
        async with asyncio.TaskGroup() as group:
            for _ in range(ALIVE_AT_ONCE):
                group.create_task(one_turn())
    spent = time.process_time_ns() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    return {"short_1000000": (spent / (ROUNDS * ALIVE_AT_ONCE), "ns"),
            "short_1000000_peak": (peak / 2**20, "MiB")}


def show(case, reference, value, unit):
    print(json.dumps({"case": case, "reference": reference, "value": value, "unit": unit}), flush=True)


def in_fresh_process(reference, new_loop, measure):
    """Runs `measure` in a fork, whose heap has seen nothing yet."""
    child = os.fork()
    if child == 0:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            for case, (value, unit) in runner.run(measure()).items():
                show(case, reference, value, unit)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit(f"{reference}: {measure.__name__} failed")


def nanoseconds(new_loop, measure):
    watch = Stopwatch()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(measure(measure.operations, watch))
    return watch.spent / measure.operations


def main():
    if sys.version_info < (3, 11):
        sys.exit("asyncio_runtime.py: needs Python 3.11 or later")
    loops = {"asyncio": asyncio.SelectorEventLoop}
    try:
        import uvloop
        loops["uvloop"] = uvloop.new_event_loop
    except ImportError:
        print("asyncio_runtime.py: uvloop is not installed", file=sys.stderr)
    for reference, new_loop in loops.items():
        in_fresh_process(reference, new_loop, sleepers)
        in_fresh_process(reference, new_loop, crowd)
    for measure in TIMED:
        for reference, new_loop in loops.items():
            times = [nanoseconds(new_loop, measure) for _ in range(REPETITIONS)]
            show(measure.__name__, reference, statistics.median(times), "ns")


if __name__ == "__main__":
    main()
