"""Reader-writer semaphore: readers share, and whoever must wait sleeps in FIFO order.

The count holds the active holders, plus a large negative bias for an active writer and for each
waiter. Without waiters taking and dropping it is one locked update of the count's line, for
readers and writers alike: as with a spin lock, that line limits the rate of short read sections.
A thread that cannot have the semaphore queues under a spin lock (wait_lock) and sleeps; the last
holder to leave hands over to the first waiter, or to all readers in front of the next writer, and
wakes them. So a hand-over costs a wake-up and a context switch during which nobody holds the
semaphore, and a saturated one leaves cores idle. Nobody overtakes: a reader that finds waiters
queues behind them. Source: Linux 2.6.35 lib/rwsem.c.

Not modelled: wait_lock shares the count's line in Linux; the work of the scheduler in the waker.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.engine import isa
from sim.program.assembler import Assembler, Label
from sim.sync.lock import Lock
from sim.sync.ticket_lock import TicketLock

BIAS = 1 << 20  # of a writer or waiter; more than there can be holders
READER, WRITER = 1, 2  # what a place in the queue holds; 0: granted


class RwSemaphore:
    """One semaphore: a line with the count, the lines of its queue, and one per waiter.

    Args:
        threads: threads that may wait for it at once.
        spin_lock: makes the spin lock of the queue.
    """

    def __init__(
        self, asm: Assembler, threads: int, spin_lock: Callable[[Assembler], Lock] = TicketLock
    ) -> None:
        self.word = asm.new_lines(1, "rw_semaphore")
        self.places = 2 * threads + 1
        self.wait_lock = spin_lock(asm)
        self.head = asm.new_lines(1, "rw_semaphore_queue")
        self.tail = self.head + 1
        self.waiters = asm.new_lines(self.places, "rw_semaphore_waiter")

    def acquire_read(self, asm: Assembler) -> None:
        """Add a reader; queue and sleep if somebody writes or waits."""
        with asm.registers(1) as (count,):
            held = Label()
            asm.emit(isa.FETCH_ADD, address=self.word, dst=count, value=1)
            asm.branch(count, isa.AT_LEAST, 0, held)
            self._queue(asm, count, READER)
            asm.place(held)

    def acquire(self, asm: Assembler) -> None:
        """Take the free semaphore for writing; queue and sleep if anybody has it or waits."""
        with asm.registers(1) as (count,):
            held = Label()
            asm.emit(isa.FETCH_ADD, address=self.word, dst=count, value=1 - BIAS)
            asm.branch(count, isa.EQUAL, 0, held)
            self._queue(asm, count, WRITER)
            asm.place(held)

    def release_read(self, asm: Assembler) -> None:
        """Take the reader back; the last one hands over to the waiters."""
        self._release(asm, -1)

    def release(self, asm: Assembler) -> None:
        """Stop writing, and hand over to the waiters."""
        self._release(asm, BIAS - 1)

    def _release(self, asm: Assembler, change: int) -> None:
        with asm.registers(1) as (count,):
            done = Label()
            asm.emit(isa.FETCH_ADD, address=self.word, dst=count, value=change)
            asm.emit(isa.SET, dst=count, source=count, value=change)
            asm.branch(count, isa.AT_LEAST, 0, done)
            self._holders(asm, count)
            asm.branch(count, isa.NOT_EQUAL, 0, done)
            self.wait_lock.acquire(asm)
            self._hand_over(asm, count)
            self.wait_lock.release(asm)
            asm.place(done)

    def _queue(self, asm: Assembler, count: int, kind: int) -> None:
        """Join the queue and sleep until the semaphore is handed over."""
        change = -1 if kind == WRITER else -1 - BIAS  # a writer has counted as a waiter already
        with asm.registers(1) as (place,):
            wait = Label()
            self.wait_lock.acquire(asm)
            asm.emit(isa.LOAD, address=self.tail, dst=place)
            asm.emit(isa.STORE, address=self.waiters, index=place, value=kind)
            with asm.registers(1) as (following,):
                asm.emit(isa.SET, dst=following, source=place, value=0)
                self._advance(asm, following)
                asm.emit(isa.STORE, address=self.tail, source=following)
            asm.emit(isa.FETCH_ADD, address=self.word, dst=count, value=change)
            asm.emit(isa.SET, dst=count, source=count, value=change)
            self._holders(asm, count)
            asm.branch(count, isa.NOT_EQUAL, 0, wait)
            self._hand_over(asm, count)  # the last holder left meanwhile
            asm.place(wait)
            self.wait_lock.release(asm)
            asm.emit(isa.PARK, address=self.waiters, index=place, value=kind)

    def _hand_over(self, asm: Assembler, count: int) -> None:
        """Under wait_lock: give the semaphore to the first writer, or to all readers before it."""
        with asm.registers(2) as (first, kind):
            attempt, free, done = Label(), Label(), Label()
            asm.emit(isa.LOAD, address=self.head, dst=first)
            asm.emit(isa.LOAD, address=self.waiters, index=first, dst=kind)
            asm.branch(kind, isa.EQUAL, 0, done)
            asm.place(attempt)
            asm.emit(isa.FETCH_ADD, address=self.word, dst=count, value=1)
            self._holders(asm, count)
            asm.branch(count, isa.EQUAL, 0, free)
            asm.emit(isa.FETCH_ADD, address=self.word, dst=count, value=-1)
            self._holders(asm, count)
            asm.branch(count, isa.EQUAL, 1, attempt)  # the holder has just left
            asm.jump(done)
            asm.place(free)
            self._grant(asm, first, kind, count)
            asm.place(done)

    def _grant(self, asm: Assembler, first: int, kind: int, change: int) -> None:
        """Grant and wake the first waiter, already counted as active, and readers beside it."""
        with asm.registers(1) as (end,):
            scan, last, wake = Label(), Label(), Label()
            asm.emit(isa.SET, dst=end, source=first, value=0)
            self._advance(asm, end)
            asm.branch(kind, isa.EQUAL, WRITER, wake)
            asm.emit(isa.SET, dst=change, value=BIAS)
            asm.place(scan)
            asm.emit(isa.LOAD, address=self.waiters, index=end, dst=kind)
            asm.branch(kind, isa.NOT_EQUAL, READER, last)
            asm.emit(isa.SET, dst=change, source=change, value=BIAS + 1)
            self._advance(asm, end)
            asm.jump(scan)
            asm.place(last)
            asm.emit(isa.FETCH_ADD, address=self.word, source=change)
            asm.place(wake)
            asm.emit(isa.STORE, address=self.waiters, index=first, value=0)
            asm.emit(isa.WAKE, address=self.waiters, index=first, value=1)
            self._advance(asm, first)
            asm.branch(first, isa.NOT_EQUAL, 0, wake, source=end)
            asm.emit(isa.STORE, address=self.head, source=first)

    def _advance(self, asm: Assembler, place: int) -> None:
        """Let a register name the next place of the queue."""
        inside = Label()
        asm.emit(isa.SET, dst=place, source=place, value=1)
        asm.branch(place, isa.LESS, self.places, inside)
        asm.emit(isa.SET, dst=place, value=0)
        asm.place(inside)

    def _holders(self, asm: Assembler, count: int) -> None:
        """Turn the count in a register into the number of active holders."""
        again, done = Label(), Label()
        asm.place(again)
        asm.branch(count, isa.AT_LEAST, 0, done)
        asm.emit(isa.SET, dst=count, source=count, value=BIAS)
        asm.jump(again)
        asm.place(done)
