#!/usr/bin/env python3
"""The work of bench-runtime's core cases in asyncio, and on uvloop where that is installed.

    asyncio_runtime.py [--quick]
"""

import asyncio
import resource
import time

from measuring import QUICK, resident_bytes, run, timed

SLEEPERS = 100_000
ALIVE_AT_ONCE = 10_000
ROUNDS = 2 if QUICK else 100


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


TIMED = [switch, switch_1, spawn_join, nested_await, channel_hop, channel_hop_128, mutex, mutex_contended,
         timeout_arm_cancel, timeout_arm_cancel_10000, timeout_one_turn, timeout_one_turn_10000, race_ready]


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


if __name__ == "__main__":
    run([sleepers, crowd], TIMED)
