"""Scrapers and slow connections, in a process of their own: `python siege.py PORT SCRAPERS SLOW`.

Prints, as JSON, the seconds that each scrape took, null for one that failed, and how many of the
slow connections the server has ended by the end.
"""

import asyncio
import json
import sys
import time

PATIENCE_S = 10.0
"""As long as Prometheus waits for a scrape by default."""


async def scrape(port: int, start: asyncio.Event) -> float | None:
    await start.wait()
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n")
            head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
            writer.close()
    except (OSError, TimeoutError):
        return None
    length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
    sound = head.startswith(b"HTTP/1.1 200 OK\r\n") and len(body) == length > 0
    return time.monotonic() - began if sound else None


async def dawdle(port: int) -> bool:
    """Ask for a scrape by a letter each half a second; whether the server ended it."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for letter in b"GET /met":
            writer.write(bytes([letter]))
            await writer.drain()
            try:
                async with asyncio.timeout(0.5):
                    await reader.read(1)
            except TimeoutError:
                continue
            return True
    except OSError:
        return True
    return False


async def siege(port: int, scrapers: int, slow: int) -> None:
    dawdlers = [asyncio.create_task(dawdle(port)) for _ in range(slow)]
    await asyncio.sleep(0.3 if slow else 0)  # they are all there
    start = asyncio.Event()
    tasks = [asyncio.create_task(scrape(port, start)) for _ in range(scrapers)]
    await asyncio.sleep(0)
    start.set()
    took = [await task for task in tasks]
    ended = sum([await dawdler for dawdler in dawdlers])
    print(json.dumps({"took_s": took, "ended": ended}))  # noqa: T201  # its output


if __name__ == "__main__":
    asyncio.run(siege(*map(int, sys.argv[1:])))
