"""What the scripts for bench-runtime have in common: how they measure, and how they say it.

They print a JSON object a line: {"case", "reference", "value", "unit"}; the cases are those of
micro/cases.cpp. A value is the median over some repetitions of the time of one operation. They need
Python 3.11, for task groups and time-outs, and take `--quick`, which measures nothing.
"""

import asyncio
import json
import os
import statistics
import sys
import time

QUICK = "--quick" in sys.argv[1:]
REPETITIONS = 1 if QUICK else 5


class Stopwatch:
    """`with watch:` around what counts, without what only prepares it."""

    spent = 0

    def __init__(self, clock):
        self.clock = clock

    def __enter__(self):
        self.begin = self.clock()

    def __exit__(self, *error):
        self.spent += self.clock() - self.begin


def timed(operations, clock=time.process_time_ns):
    """Marks a coroutine function `measure(count, watch)` that repeats its operation `count` times."""

    def mark(measure):
        measure.operations = max(1, operations // (1000 if QUICK else 1))
        measure.clock = clock
        return measure
    return mark


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


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
    watch = Stopwatch(measure.clock)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(measure(measure.operations, watch))
    return watch.spent / measure.operations


def run(in_fresh_processes, timed_ones):
    """Measures everything on asyncio, and on uvloop where that is installed."""
    script = os.path.basename(sys.argv[0])
    if sys.version_info < (3, 11):
        sys.exit(f"{script}: needs Python 3.11 or later")
    loops = {"asyncio": asyncio.SelectorEventLoop}
    try:
        import uvloop
        loops["uvloop"] = uvloop.new_event_loop
    except ImportError:
        print(f"{script}: uvloop is not installed", file=sys.stderr)
    for reference, new_loop in loops.items():
        for measure in in_fresh_processes:
            in_fresh_process(reference, new_loop, measure)
    for measure in timed_ones:
        for reference, new_loop in loops.items():
            times = [nanoseconds(new_loop, measure) for _ in range(REPETITIONS)]
            show(measure.__name__, reference, statistics.median(times), "ns")
