"""The virtual machine: runs a program's threads on cores until the window has closed.

One loop takes the earliest event of the tournament tree, executes that core's shared instruction
at its own time, and then the private instructions that follow, up to the next shared one, whose
event it schedules. Executing private work costs no event.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.engine import isa
from sim.engine.account import charge, close_window, open_window, settle
from sim.engine.coherence import own, read
from sim.engine.compiled import cached, compiled, inlined, natural
from sim.engine.isa import LAST_CYCLE, LINE_SHIFT, NONE, QUANTILES, SEGMENTS
from sim.engine.randomness import draw
from sim.engine.records import NEVER
from sim.engine.scheduler import dispatch, enqueue, paced, park, wake
from sim.engine.spinning import join_spinners, leave_spinners, notify_spinners
from sim.engine.state import (
    DEADLOCKED,
    FINISHED,
    INVALID,
    STALLED,
    T_CLOSED_AT,
    T_DEADLINE,
    T_EVENTS,
    T_OPENED_AT,
    T_OPERATIONS,
    T_STATUS,
    T_TRACED,
    TIMED_OUT,
    State,
)
from sim.engine.tournament import put, schedule

N_CAUSES = len(isa.CAUSES)
ARRIVING = 2  # of a core's `passed`: the line of its access is on its way
# Instructions or events in a row without time passing; no program that makes progress has so many.
MAXIMUM_STANDING = 10_000_000


@inlined
def holds(left, condition, right):
    """Whether `left <condition> right`."""
    if condition == isa.EQUAL:
        return left == right
    if condition == isa.NOT_EQUAL:
        return left != right
    if condition == isa.LESS:
        return left < right
    return left >= right


@inlined
def private(s, core, thread, i, now):
    """Execute a private instruction; returns the time after it. Advances the thread."""
    value = i.value
    if i.source != NONE:
        value += s.registers[thread, natural(i.source)]
    s.threads[thread].pc += 1
    if i.op == isa.COMPUTE:
        cycles = paced(s.cores, core, value)
        charge(s.cores, s.charges, core, i.key, cycles)
        return now + cycles
    if i.op == isa.COMPUTE_DRAWN or i.op == isa.SAMPLE:
        cycles = (value * s.quantiles[natural(i.target), draw(s.threads, thread, QUANTILES)]) >> 16
        if i.op == isa.SAMPLE:
            s.registers[thread, natural(i.dst)] = cycles
            return now
        cycles = paced(s.cores, core, cycles)
        charge(s.cores, s.charges, core, i.key, cycles)
        return now + cycles
    if i.op == isa.BULK:
        cycles = value * s.distance.bulk_transfer[s.cores[core].package]
        charge(s.cores, s.charges, core, i.stall_key, cycles)
        return now + cycles
    if i.op == isa.SET:
        s.registers[thread, natural(i.dst)] = value
    elif i.op == isa.ADD:
        s.registers[thread, natural(i.dst)] += s.registers[thread, natural(i.source)] * i.value
    elif i.op == isa.DRAW:
        s.registers[thread, natural(i.dst)] = draw(s.threads, thread, value)
    elif i.op == isa.JUMP:
        s.threads[thread].pc = i.target
    elif i.op == isa.BRANCH:
        if holds(s.registers[thread, natural(i.dst)], i.condition, value):
            s.threads[thread].pc = i.target
    else:  # BEGIN
        s.threads[thread].began = now
    return now


@inlined
def look(s, core, line, now):
    """Fetch a readable copy of the line; returns the time it is there."""
    return read(s.cores, s.lines, s.sharers, s.fetches, s.homes, s.distance, line, core, now)


@inlined
def write(s, core, thread, address, value, now, locked):
    """Own the line, write the word, let spinners see it; returns the time it is done."""
    line = address >> LINE_SHIFT
    done = own(s.cores, s.lines, s.sharers, s.homes, s.distance, line, core, now, locked)
    s.words[address] = value
    notify_spinners(s, line, address, core, thread, done)
    return done


@inlined
def access(s, core, thread, i, address, value, now):
    """LOAD, STORE, INCREMENT, FETCH_ADD, SWAP, COMPARE_SWAP; returns the time it is done."""
    old = s.words[address]
    if i.op == isa.LOAD:
        line = address >> LINE_SHIFT
        done = look(s, core, line, now)
    else:
        locked = i.op >= isa.FETCH_ADD
        new = value
        if i.op == isa.INCREMENT or i.op == isa.FETCH_ADD:
            new = old + value
        elif i.op == isa.COMPARE_SWAP and old != s.registers[thread, natural(i.dst)]:
            new = old  # one that fails takes the line, too
        done = write(s, core, thread, address, new, now, locked)
        if locked:
            done += s.distance.locked_cycles
    if i.dst != NONE and (i.op == isa.LOAD or i.op >= isa.FETCH_ADD):
        s.registers[thread, natural(i.dst)] = old
    charge(s.cores, s.charges, core, i.stall_key, done - now)
    return done


@compiled
def bring(s, core, i, address, now):
    """Fetch the line of an access that takes effect on arrival; whether it is there.

    If not, the core has an event at the time when it will be.
    """
    if s.cores[core].passed == ARRIVING:
        s.cores[core].passed = 0
        return True
    if s.cores[core].passed == 1:  # its turn has come: nothing is fetched
        return True
    if s.cores[core].spin_line != NONE:
        leave_spinners(s, core)
    line = address >> LINE_SHIFT
    if i.op == isa.LOAD or i.op >= isa.AWAIT:
        done = look(s, core, line, now)
    else:
        locked = i.op >= isa.FETCH_ADD
        done = own(s.cores, s.lines, s.sharers, s.homes, s.distance, line, core, now, locked)
    charge(s.cores, s.charges, core, i.stall_key, done - now)
    s.cores[core].passed = ARRIVING
    schedule(s.tree, core, done)
    return False


@compiled
def take_effect(s, core, thread, i, address, value, now):
    """An access to a line that has arrived; the time it is done, NONE if the core spins on."""
    old = s.words[address]
    line = address >> LINE_SHIFT
    if i.op >= isa.AWAIT:
        if s.cores[core].passed == 1:
            s.cores[core].passed = 0
            return now
        if holds(old, i.condition, value):
            return now
        join_spinners(s, core, line, address, value, 1 if i.op == isa.AWAIT_TURN else 0, now)
        s.cores[core].wait_from = now
        s.cores[core].wait_key = i.stall_key
        put(s.tree, core, NEVER)
        return NONE
    if i.op == isa.INCREMENT or i.op == isa.FETCH_ADD:
        s.words[address] = old + value
    elif i.op != isa.LOAD and (i.op != isa.COMPARE_SWAP or old == s.registers[thread, i.dst]):
        s.words[address] = value
    if i.op != isa.LOAD:
        notify_spinners(s, line, address, core, thread, now)
    if i.dst != NONE and (i.op == isa.LOAD or i.op >= isa.FETCH_ADD):
        s.registers[thread, i.dst] = old
    if i.op >= isa.FETCH_ADD:
        charge(s.cores, s.charges, core, i.stall_key, s.distance.locked_cycles)
        now += s.distance.locked_cycles
    return now


@inlined
def await_word(s, core, i, address, value, now):
    """AWAIT, AWAIT_TURN, AWAIT_CHANGE: True (and the time) if the wait is over, or spin."""
    if s.cores[core].passed == 1:  # its turn has come
        s.cores[core].passed = 0
        return True, now
    if s.cores[core].spin_line != NONE:  # the line was written, or the time is up
        leave_spinners(s, core)
        if i.op == isa.AWAIT_CHANGE:
            return True, now
    line = address >> LINE_SHIFT
    word = s.words[address]
    if i.op == isa.AWAIT_CHANGE:
        over = word != value
        ready = now
    else:
        over = holds(word, i.condition, value)
        ready = look(s, core, line, now)
    charge(s.cores, s.charges, core, i.stall_key, ready - now)
    if not over:
        turn = 1 if i.op == isa.AWAIT_TURN else 0
        join_spinners(s, core, line, address, value, turn, ready)
        s.cores[core].wait_from = ready
        s.cores[core].wait_key = i.stall_key
        if i.op == isa.AWAIT_CHANGE and i.target > 0:
            schedule(s.tree, core, now + i.target)
        else:
            put(s.tree, core, NEVER)
    return over, ready


@inlined
def serve(s, server, value, now):
    """Queue at a FIFO server; returns the time the service is done."""
    done = max(now, s.servers[server].free_at) + value
    s.servers[server].free_at = done
    s.servers[server].busy += value
    return done


@inlined
def interrupt(s, core, now):
    """Let a core's pending interrupt handlers run before its event; returns whether there were.

    A core that spins or sleeps runs them when its wait is over.
    """
    if s.cores[core].interrupt == 0 or s.cores[core].spin_line != NONE:
        return False
    cycles = paced(s.cores, core, s.cores[core].interrupt)
    s.cores[core].interrupt = 0
    charge(s.cores, s.charges, core, s.cores[core].interrupt_key, cycles)
    schedule(s.tree, core, now + cycles)
    return True


@inlined
def send_ipi(s, core, arrival):
    """Let an interrupt arrive at a core; one that arrives before it is taken stands for both."""
    if s.cores[core].ipi_at == NONE or arrival < s.cores[core].ipi_at:
        s.cores[core].ipi_at = arrival
        if s.cores[core].awaits_ipi == 1:
            schedule(s.tree, core, arrival)


@inlined
def await_ipi(s, core, i, now):
    """Take the interrupt that has arrived or is on its way; False if the core has to wait."""
    arrival = s.cores[core].ipi_at
    s.cores[core].awaits_ipi = 1 if arrival == NONE else 0
    if arrival == NONE:
        s.cores[core].wait_from = now
        s.cores[core].wait_key = i.stall_key
        put(s.tree, core, NEVER)
        return False, now
    s.cores[core].ipi_at = NONE
    charge(s.cores, s.charges, core, i.stall_key, max(arrival - now, 0))
    return True, max(arrival, now)


@inlined
def complete(s, thread, now):
    """END: count an operation; opens and closes the window. True when the window has closed."""
    n = s.totals[T_OPERATIONS] + 1
    s.totals[T_OPERATIONS] = n
    s.totals[T_DEADLINE] = min(now + s.window.maximum_cycles, LAST_CYCLE)
    measured = n - s.window.warmup_operations
    if measured == 0:
        s.totals[T_OPENED_AT] = now
        open_window(s.cores, s.charges, s.account, now)
    elif measured > 0:
        s.latencies[measured - 1] = now - s.threads[thread].began
        s.ended[measured - 1] = now
        if measured == s.window.operations:
            s.totals[T_CLOSED_AT] = now
            close_window(s.cores, s.charges, s.account, now)
            return True
    return False


@inlined
def log(s, core, thread, pc, address, now, until):
    """Append a record of the instruction at `pc` to the trace, while there is room."""
    n = s.totals[T_TRACED]
    if n < s.trace.size:
        op = s.program[pc].op
        touches = op <= isa.WAKE or op == isa.POST or op == isa.PREFETCH
        record = s.trace[n]
        record.time, record.core, record.thread, record.pc = now, core, thread, pc
        record.address, record.value, record.until = address, 0, until
        if touches:
            record.value = s.words[address]
        s.totals[T_TRACED] = n + 1


def make_run(traced: bool) -> Callable[[State, np.int64], None]:
    """Compile the machine's loop; the traced variant records every shared instruction.

    The loop stays one function. Its branches leave it, go on, or set the time and whether the core
    runs on; as functions they would have to return all that, and each that is not inlined costs the
    hot path a call. What a branch does beyond that is a function above.
    """

    @cached
    def run(s, switch_key):
        before, standing = -1, 0
        while True:
            key = s.tree[1]
            if key == NEVER:
                s.totals[T_STATUS] = DEADLOCKED
                return
            now = key >> isa.CORE_BITS
            core = key & ((1 << isa.CORE_BITS) - 1)
            if now > s.totals[T_DEADLINE]:
                s.totals[T_STATUS] = TIMED_OUT
                return
            standing = standing + 1 if now == before else 0
            before = now
            if standing > MAXIMUM_STANDING:
                s.totals[T_STATUS] = STALLED
                return
            s.totals[T_EVENTS] += 1
            settle(s.cores, s.charges, s.account, core, now)
            if interrupt(s, core, now):
                continue
            event = now
            running = True
            if s.cores[core].thread == NONE:
                now = dispatch(s, core, now, switch_key)
                running = now != NONE
            steps = 0
            while running:
                steps += 1
                if steps > MAXIMUM_STANDING:
                    s.totals[T_STATUS] = STALLED
                    return
                thread = natural(s.cores[core].thread)
                pc = natural(s.threads[thread].pc)
                i = s.program[pc]
                if s.cores[core].segments >= SEGMENTS - 2:  # an event settles them
                    schedule(s.tree, core, now)
                    break
                if i.op < isa.FIRST_SHARED:
                    now = private(s, core, thread, i, now)
                    continue
                if now > event:  # shared instructions run in an event at their own time
                    schedule(s.tree, core, now)
                    break
                value = i.value
                if i.source != NONE:
                    value += s.registers[thread, natural(i.source)]
                address = i.address
                if i.index != NONE:
                    address += s.registers[thread, natural(i.index)] * i.stride
                address = natural(address)
                begin = now
                if s.distance.on_arrival != 0 and i.op < isa.AWAIT_CHANGE:
                    if not bring(s, core, i, address, now):
                        break
                    now = take_effect(s, core, thread, i, address, value, now)
                    if now == NONE:
                        break
                elif i.op <= isa.COMPARE_SWAP:
                    now = access(s, core, thread, i, address, value, now)
                elif i.op <= isa.AWAIT_CHANGE:
                    over, now = await_word(s, core, i, address, value, now)
                    if not over:
                        break
                elif i.op == isa.REQUEST:
                    now = serve(s, address, value, now)
                    charge(s.cores, s.charges, core, i.stall_key, now - begin)
                elif i.op == isa.SUBMIT:
                    s.registers[thread, natural(i.dst)] = serve(s, address, value, now)
                elif i.op == isa.POST:
                    done = write(s, core, thread, address, value, now, False)
                    s.registers[thread, natural(i.dst)] = done
                    s.lines[address >> LINE_SHIFT].arrives = done
                elif i.op == isa.PREFETCH:
                    line = address >> LINE_SHIFT
                    s.registers[thread, natural(i.dst)] = look(s, core, line, now)
                elif i.op == isa.AWAIT_TIME:
                    now = max(now, value)
                    charge(s.cores, s.charges, core, i.stall_key, now - begin)
                elif i.op == isa.INTERRUPT:
                    if i.condition == isa.EQUAL or s.cores[value].spin_line == NONE:
                        s.cores[value].interrupt += i.target
                        s.cores[value].interrupt_key = i.key
                elif i.op == isa.SEND_IPI:
                    send_ipi(s, value, now + i.target)
                elif i.op == isa.AWAIT_IPI:
                    over, now = await_ipi(s, core, i, now)
                    if not over:
                        break
                elif i.op == isa.END:
                    if complete(s, thread, now):
                        s.totals[T_STATUS] = FINISHED
                        return
                elif i.op == isa.ALIGN:
                    now = (now // value + 1) * value
                    idle = idle_key(i, s.account.shape[1])
                    charge(s.cores, s.charges, core, idle, now - begin)
                elif i.op == isa.PARK:
                    if s.words[address] == value:
                        s.threads[thread].pc += 1
                        s.cores[core].idle_key = idle_key(i, s.account.shape[1])
                        park(s, thread, address >> LINE_SHIFT, address)
                        now = dispatch(s, core, now, switch_key)
                        running = now != NONE
                        continue
                elif i.op == isa.WAKE:
                    ready = now + s.distance.wake_cycles
                    wake(s, address >> LINE_SHIFT, address, value, ready)
                elif i.op == isa.RUNNING:
                    s.registers[thread, natural(i.dst)] = (
                        1 if s.threads[value].state == isa.RUNS else 0
                    )
                elif i.op == isa.YIELD:
                    waiting = s.cores[core].head
                    if (
                        waiting != NONE
                        and s.threads[waiting].ready_at <= now
                        and now - s.cores[core].since >= value
                    ):
                        s.threads[thread].pc += 1
                        s.threads[thread].ready_at = now
                        enqueue(s, core, thread)
                        now = dispatch(s, core, now, switch_key)
                        continue
                elif i.op == isa.HALT:
                    s.threads[thread].state = isa.ENDED
                    now = dispatch(s, core, now, switch_key)
                    running = now != NONE
                    continue
                else:
                    s.totals[T_STATUS] = INVALID
                    return
                if traced:
                    log(s, core, thread, pc, address, begin, now)
                s.threads[thread].pc = pc + 1

    return run


@inlined
def idle_key(instruction, slots):
    """Account slot of idle time while sleeping on an instruction's object."""
    per_mode = slots // 3
    return isa.IDLE * per_mode + (instruction.key % per_mode) // N_CAUSES * N_CAUSES + isa.C_BLOCKED


_RUN = make_run(False)
_RUN_TRACED = make_run(True)


def execute(state: State, switch_key: int, traced: bool = False) -> int:
    """Run until the window has closed; returns the status (state.FINISHED, ...).

    Args:
        state: updated in place.
        switch_key: account slot of context switches.
        traced: record every shared instruction in `state.trace`.
    """
    (_RUN_TRACED if traced else _RUN)(state, np.int64(switch_key))
    return int(state.totals[T_STATUS])
