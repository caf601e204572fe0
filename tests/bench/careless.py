"""Stacks that lose or double lines by a known number."""

import threading
from pathlib import Path

import msgspec

from simlab.events import Attempt

SWALLOWED = 7
KEPT_BACK = 50
DOUBLED = 5


class Careful:
    """A line is in the file when the call returns."""

    dropped = 0

    def __init__(self, folder: Path) -> None:
        self.file = (folder / "all.jsonl").open("ab", buffering=0)

    def emit(self, event: Attempt) -> None:
        self.write(event)

    def write(self, event: Attempt) -> None:
        self.file.write(msgspec.json.encode({"batch_id": event.batch_id}) + b"\n")

    def drain(self) -> None: ...

    def close(self) -> None:
        self.file.close()


class Swallowing(Careful):
    """Never writes its first lines."""

    def emit(self, event: Attempt) -> None:
        if event.batch_id >= SWALLOWED:
            self.write(event)


class Holding(Careful):
    """Keeps the last lines back, until it has more."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.held: list[Attempt] = []

    def emit(self, event: Attempt) -> None:
        self.held.append(event)
        if len(self.held) > KEPT_BACK:
            self.write(self.held.pop(0))


class Recovering(Holding):
    """Keeps lines back in another file, which recovery appends to the first."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.aside = (folder / "aside").open("ab", buffering=0)

    def emit(self, event: Attempt) -> None:
        self.aside.write(msgspec.json.encode({"batch_id": event.batch_id}) + b"\n")

    @staticmethod
    def recover(folder: Path) -> None:
        whole = (folder / "aside").read_bytes().rpartition(b"\n")[0]
        (folder / "all.jsonl").write_bytes(whole + b"\n")


class Doubling(Careful):
    """Writes its first lines twice, and between two of them what is no line of an event."""

    def emit(self, event: Attempt) -> None:
        self.write(event)
        if event.batch_id < DOUBLED:
            self.file.write(b'{"batch_id": 1}{"batch_id": 2}\n{"event":"alert"}\n')
            self.write(event)


class Raising(Careful):
    """Tells the bot of each line that cannot be written, by raising."""

    def write(self, event: Attempt) -> None:
        line = msgspec.json.encode({"batch_id": event.batch_id, "padding": "x" * 200}) + b"\n"
        if self.file.write(line) != len(line):
            raise OSError


class Broken(Careful):
    """Gives up in the middle of its work."""

    def emit(self, event: Attempt) -> None:
        raise RuntimeError("no more")


class Twice(Careful):
    """Does all its work twice."""

    def emit(self, event: Attempt) -> None:
        self.write(event)
        self.write(event)


class Threaded(Careful):
    """Has a thread that works on and on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.ended = False
        threading.Thread(target=self.work).start()

    def work(self) -> None:
        while not self.ended:
            sum(range(1000))

    def close(self) -> None:
        self.ended = True
        super().close()
