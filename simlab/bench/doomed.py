"""A process that tells a stack of events until it is killed, and how far it came."""

import mmap
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Final, NoReturn

from simlab.bench.load import events
from simlab.bench.loss import Loss, loss_in
from simlab.bench.stack import StackOf
from simlab.clock import sleep_until_ns, timer_ns
from simlab.errors import SimlabError

AT_WORK: Final = 20
"""So many events told, and a process is at work."""
_BLOCK: Final = 500
_GLANCE_NS: Final = 1_000_000
_BROKEN: Final = 1


class Doomed:
    """Such a process, forked from this one, which must have no other threads.

    An event is acked when the call that told of it has returned; how many are is noted in
    memory that both processes share.

    Args:
        made: the stack's class.
        folder: of its own; made here.
        gap_ns: from when one event is due until the next is; 0 tells of them without a pause.
    """

    def __init__(self, made: StackOf, folder: Path, *, gap_ns: int) -> None:
        folder.mkdir()
        self._made, self._folder, self._gap_ns = made, folder, gap_ns
        self._ledger = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")
        parent = os.getpid()
        self._pid = os.fork()
        if not self._pid:
            self._live(parent)

    def await_work(self) -> None:
        """Return when it is at work; where it cannot be, end as it did."""
        while self._ledger[0] < AT_WORK:
            sleep_until_ns(timer_ns() + _GLANCE_NS)
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                sys.exit(os.waitstatus_to_exitcode(status))

    def kill(self) -> None:
        """End it, wherever it is."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def loss(self) -> Loss:
        """What became of what was acked, once the stack has recovered what it can."""
        recover = getattr(self._made, "recover", None)
        if recover is not None:
            recover(self._folder)
        return loss_in(self._folder, acked=self._ledger[0])

    def _live(self, parent: int) -> NoReturn:
        try:
            self._tell(parent)
        except SimlabError as error:
            print(error, file=sys.stderr)  # noqa: T201  # for whoever started this
            os._exit(error.exit_code)
        except BaseException:  # noqa: BLE001  # nothing of the parent's may run in here
            traceback.print_exc()
        finally:
            os._exit(_BROKEN)

    def _tell(self, parent: int) -> None:
        stack, ledger = self._made(self._folder), self._ledger
        acked, due_ns = 0, timer_ns()
        while os.getppid() == parent:  # whoever is to kill it may be killed
            for event in events(_BLOCK, first=acked):
                stack.emit(event)
                acked += 1
                ledger[0] = acked
                if self._gap_ns:
                    due_ns += self._gap_ns
                    sleep_until_ns(due_ns)
