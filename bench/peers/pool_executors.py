#!/usr/bin/env python3
"""The work of bench-pool in Python's own executors, and in loky where joblib is installed.

    pool_executors.py [--quick] [--filter REGEX]

Prints a JSON object a line: {"case", "reference", "value", "unit"}; the cases are those of pool/cases.cpp.
A case that an executor cannot do at all (cancel a running job) is measured as what its user does instead: he
throws the executor away and makes a new one.
"""

import argparse
import asyncio
import collections
import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.shared_memory
import os
import re
import signal
import statistics
import sys
import tempfile
import time

from measuring import show

MEBIBYTE = 1 << 20
PROCESSORS = sorted(os.sched_getaffinity(0))


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--filter", default="")
    return parser.parse_args()


OPTIONS = parse_options()


def wants(case):
    return re.search(OPTIONS.filter, case) is not None


def times(count):
    return max(1, min(10, count // 20)) if OPTIONS.quick else count


# What the workers do.

def no_op(value):
    return value


def size_of(text):
    return len(text)


BLOCKS = {}


def size_of_shared(name, size):
    """Attached once in a worker: no copy, as with a shared_buffer."""
    if name not in BLOCKS:
        BLOCKS[name] = multiprocessing.shared_memory.SharedMemory(name)
    return len(BLOCKS[name].buf[:size])


TEXTS = {}


def text_of(size):
    if size not in TEXTS:
        TEXTS[size] = b"x" * size
    return TEXTS[size]


def add_byte(path):
    with open(path, "ab", buffering=0) as file:
        file.write(b"x")


def meet(path, count):
    add_byte(path)
    while os.stat(path).st_size < count:
        time.sleep(50e-6)


def run_deaf(path):
    add_byte(path)
    while True:
        pass


def count_primes(piece):
    count = 0
    for number in range(max(2, piece[0]), piece[1]):
        divisor = 2
        while divisor * divisor <= number and number % divisor:
            divisor += 1
        count += divisor * divisor > number
    return count


# The executors, with one face.

class Futures:
    """An executor of concurrent.futures, or of loky, which has the same face."""

    def __init__(self, name, make):
        self.name = name
        self.make = make

    def open(self, workers):
        self.executor = self.make(workers)

    def close(self):
        self.executor.shutdown(wait=True)

    def run(self, function, *arguments):
        return self.executor.submit(function, *arguments).result()

    def submit(self, function, *arguments):
        return self.executor.submit(function, *arguments).result

    def map(self, function, items, chunk):
        return self.executor.map(function, items, chunksize=chunk)

    def threads(self):
        """The numbers of the threads in which work is done."""
        processes = getattr(self.executor, "_processes", None)
        if processes is not None:
            return [thread for pid in processes for thread in threads_of(pid)]
        return [thread.native_id for thread in self.executor._threads]

    def kill_workers(self):
        for process in list(self.executor._processes.values()):
            os.kill(process.pid, signal.SIGKILL)


class Pool:
    """multiprocessing.Pool."""

    name = "multiprocessing.Pool"

    def open(self, workers):
        self.pool = multiprocessing.Pool(workers)

    def close(self):
        self.pool.terminate()
        self.pool.join()

    def run(self, function, *arguments):
        return self.pool.apply(function, arguments)

    def submit(self, function, *arguments):
        return self.pool.apply_async(function, arguments).get

    def map(self, function, items, chunk):
        return self.pool.map(function, items, chunk)

    def threads(self):
        return [thread for process in self.pool._pool for thread in threads_of(process.pid)]

    def kill_workers(self):
        self.pool.terminate()


def threads_of(pid):
    return [int(number) for number in os.listdir(f"/proc/{pid}/task")]


def loky_maker():
    try:
        from joblib.externals.loky import ProcessPoolExecutor
    except ImportError:
        print("pool_executors.py: no rows for loky: joblib is not installed", file=sys.stderr)
        return None
    return ProcessPoolExecutor


def executors():
    all_of_them = [
        Futures("ProcessPoolExecutor", concurrent.futures.ProcessPoolExecutor),
        Pool(),
        Futures("ThreadPoolExecutor", concurrent.futures.ThreadPoolExecutor),
    ]
    loky = loky_maker()
    if loky:
        all_of_them.append(Futures("loky", loky))
    return all_of_them


@contextlib.contextmanager
def opened(executor, workers):
    executor.open(workers)
    try:
        yield executor
    finally:
        executor.close()


@contextlib.contextmanager
def placed(executor, ours, theirs):
    """One worker on the processor `theirs`, everything else of the executor on `ours`."""
    os.sched_setaffinity(0, {ours})
    try:
        with opened(executor, 1):
            executor.run(no_op, 0)
            for thread in executor.threads():
                os.sched_setaffinity(thread, {theirs})
            yield executor
    finally:
        os.sched_setaffinity(0, PROCESSORS)


@contextlib.contextmanager
def meeting_place():
    with tempfile.NamedTemporaryFile(prefix="bench-pool-") as file:
        yield file.name


def same_processor():
    return PROCESSORS[0], PROCESSORS[0]


def two_processors():
    return PROCESSORS[0], PROCESSORS[1]


def has_two():
    return len(PROCESSORS) > 1


def far_placement():
    return two_processors() if has_two() else same_processor()


# The measurements.

def show_latencies(case, executor, microseconds):
    microseconds.sort()
    for name, share in ((case, 0.5), (case + "_p99", 0.99)):
        show(name, executor.name, microseconds[int((len(microseconds) - 1) * share)], "us")


def round_trips(executor, case, where):
    if not wants(case) and not wants(case + "_p99"):
        return
    with placed(executor, *far_placement()):
        for _ in range(times(200)):
            executor.run(no_op, 1)
        needed = []
        for _ in range(times(1000)):
            begin = time.perf_counter_ns()
            executor.run(no_op, 1)
            needed.append((time.perf_counter_ns() - begin) / 1e3)
    show_latencies(case, executor, needed)


def round_trips_of_many(executor):
    """A coroutine for each of many workers, as asyncio's users call executors."""
    case = "roundtrip_many"
    if not isinstance(executor, Futures) or not (wants(case) or wants(case + "_p99")):
        return
    workers = 2 * len(PROCESSORS)
    needed = []

    async def call_again(count, times_needed):
        loop = asyncio.get_running_loop()
        for _ in range(count):
            begin = time.perf_counter_ns()
            await loop.run_in_executor(executor.executor, no_op, 1)
            times_needed.append((time.perf_counter_ns() - begin) / 1e3)

    async def call(count, times_needed):
        await asyncio.gather(*(call_again(count, times_needed) for _ in range(workers)))

    with opened(executor, workers):
        asyncio.run(call(times(200), []))
        asyncio.run(call(times(500), needed))
    show_latencies(case, executor, needed)


def pipeline(executor, case, window, where):
    if not wants(case):
        return
    count = times(3000)
    with placed(executor, *far_placement()):
        begin = time.perf_counter()
        under_way = collections.deque()
        for _ in range(count):
            if len(under_way) == window:
                under_way.popleft()()
            under_way.append(executor.submit(no_op, 1))
        for result in under_way:
            result()
        show(case, executor.name, count / (time.perf_counter() - begin), "/s")


def map_numbers(executor):
    if not wants("map_chunk256"):
        return
    # A thread pool has no chunks: each item is a call.
    count = 256 * times(100 if executor.name == "ThreadPoolExecutor" else 2000)
    with opened(executor, len(PROCESSORS)):
        collections.deque(executor.map(no_op, range(256 * 8), 256), maxlen=0)
        begin = time.perf_counter()
        collections.deque(executor.map(no_op, range(count), 256), maxlen=0)
        show("map_chunk256", executor.name, count / (time.perf_counter() - begin), "/s")


def payload(executor, name, size, count):
    if not wants("argument_" + name) and not wants("result_" + name):
        return
    if executor.name == "ThreadPoolExecutor":
        return  # nothing is carried anywhere
    text = text_of(size)
    there = []
    back = []
    with placed(executor, *far_placement()):
        executor.run(text_of, size)
        for _ in range(times(count)):
            begin = time.perf_counter()
            executor.run(size_of, text)
            middle = time.perf_counter()
            executor.run(text_of, size)
            there.append((middle - begin) * 1e3)
            back.append((time.perf_counter() - middle) * 1e3)
    show("argument_" + name, executor.name, statistics.median(there), "ms")
    show("result_" + name, executor.name, statistics.median(back), "ms")


def share(executor):
    if not wants("shared_buffer_64MiB") or executor.name == "ThreadPoolExecutor":
        return
    size = 64 * MEBIBYTE
    block = multiprocessing.shared_memory.SharedMemory(create=True, size=size)
    try:
        block.buf[:size] = b"x" * size
        with placed(executor, *far_placement()):
            needed = []
            for _ in range(times(1000)):
                begin = time.perf_counter()
                arrived = executor.run(size_of_shared, block.name, size)
                needed.append((time.perf_counter() - begin) * 1e6)
                if arrived != size:
                    raise RuntimeError("a block arrived with another size")
        show("shared_buffer_64MiB", executor.name, statistics.median(needed), "us")
    finally:
        block.close()
        block.unlink()


def start(executor):
    if not wants("pool_start"):
        return
    workers = len(PROCESSORS)
    needed = []
    for _ in range(times(5)):
        with meeting_place() as place:
            begin = time.perf_counter()
            with opened(executor, workers):
                for result in [executor.submit(meet, place, workers) for _ in range(workers)]:
                    result()
                needed.append((time.perf_counter() - begin) * 1e3)
    show("pool_start", executor.name, statistics.median(needed), "ms")


def throw_away_and_start(executor):
    if not wants("cancel_to_ready") or executor.name == "ThreadPoolExecutor":
        return  # a thread cannot be stopped at all
    needed = []
    for _ in range(times(5)):
        with meeting_place() as place:
            executor.open(1)
            executor.submit(run_deaf, place)
            while os.stat(place).st_size == 0:
                time.sleep(1e-3)
            begin = time.perf_counter()
            executor.kill_workers()
            executor.close()
            with opened(executor, 1):
                executor.run(no_op, 1)
                needed.append((time.perf_counter() - begin) * 1e3)
    show("cancel_to_ready", executor.name, statistics.median(needed), "ms")


def prime_speedup(executor, pieces, alone):
    if not wants("prime_speedup"):
        return
    workers = len(PROCESSORS)
    with opened(executor, workers):
        collections.deque(executor.map(no_op, range(workers * 8), 1), maxlen=0)
        begin = time.perf_counter()
        sum(executor.map(count_primes, pieces, 1))
        show("prime_speedup", executor.name, alone / (time.perf_counter() - begin), "x")


def prime_pieces():
    numbers = 5_000 if OPTIONS.quick else 200_000
    return [(numbers * i // 128, numbers * (i + 1) // 128) for i in range(128)]


def prime_seconds_alone(pieces):
    begin = time.perf_counter()
    sum(map(count_primes, pieces))
    return time.perf_counter() - begin


def measure(executor, pieces, alone):
    round_trips(executor, "roundtrip_same_cpu", same_processor())
    pipeline(executor, "pipelined_same_cpu", 32, same_processor())
    pipeline(executor, "pipelined_8_same_cpu", 8, same_processor())
    if has_two():
        round_trips(executor, "roundtrip_two_cpus", two_processors())
        pipeline(executor, "pipelined", 32, two_processors())
        pipeline(executor, "pipelined_8", 8, two_processors())
    round_trips_of_many(executor)
    map_numbers(executor)
    payload(executor, "1MiB", MEBIBYTE, 50)
    payload(executor, "64MiB", 64 * MEBIBYTE, 3)
    share(executor)
    start(executor)
    throw_away_and_start(executor)
    prime_speedup(executor, pieces, alone)


def main():
    pieces = prime_pieces()
    alone = prime_seconds_alone(pieces) if wants("prime_speedup") else 0
    for executor in executors():
        measure(executor, pieces, alone)


if __name__ == "__main__":
    main()
