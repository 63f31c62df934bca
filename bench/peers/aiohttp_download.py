#!/usr/bin/env python3
"""aiohttp's side of bench-download, on uvloop where that is installed.

Some workers share a list and a session. What is not part of that is left out: no .part, no rename.

    aiohttp_download.py LIST JOBS FOLDER
"""

import asyncio
import os
import sys

import aiohttp

try:
    import uvloop
    NEW_LOOP = uvloop.new_event_loop
except ImportError:
    NEW_LOOP = asyncio.new_event_loop

PIECE = 128 * 1024


async def work(session, links, folder):
    for link in links:
        async with session.get(link) as reply:
            reply.raise_for_status()
            with open(os.path.join(folder, link.rpartition("/")[2]), "wb") as file:
                async for piece in reply.content.iter_chunked(PIECE):
                    file.write(piece)


async def main(file, jobs, folder):
    with open(file, encoding="ascii") as lines:
        links = iter(lines.read().split())
    connector = aiohttp.TCPConnector(limit=jobs)
    no_limits = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=no_limits) as session:
        await asyncio.gather(*(work(session, links, folder) for _ in range(jobs)))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=NEW_LOOP) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
