"""The twin's cache lines: what it costs to read and to own one, and who has to wait for whom.

Both kinds of machine stand here: those whose directory knows the holders of a line, and those that
ask by broadcast. It also counts what the fast machine does not: lines that moved from core to core,
and copies that were voided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from sim.engine.state import Distance
from tests.oracle.state import Core, Line


class Lines:
    """The lines of one run, their homes, and the cores that hold them."""

    def __init__(self, cores: list[Core], distance: Distance, homes: Sequence[int]) -> None:
        self.cores, self.distance = cores, distance
        self.lines = [Line(home) for home in homes]
        self.home_free_at = [0] * (1 + max(line.home for line in self.lines))
        self.moved: Counter[tuple[int, int]] = Counter()  # lines, from core to core
        self.voided: Counter[tuple[int, int]] = Counter()  # copies: writing core, holding core

    def note_fetch(self, line: Line, core: Core) -> None:
        """Count a line that moves from the core that has its newest copy."""
        if line.owner is not None:
            self.moved[line.owner.number, core.number] += 1

    def fetch_cost(self, line: Line, core: Core) -> int:
        """Cycles to bring a line to a core from where its newest copy is."""
        if line.owner is None:
            return self.distance.memory_cycles
        return int(self.distance.transfer[line.owner.package, core.package])

    def queued_fetch_cost(self, line: Line, core: Core, waits: int) -> int:
        """Cycles to bring it from whoever is served before: anybody, if several wait."""
        alone = waits <= int(self.distance.expected_occupancy[core.package])
        if line.owner is None or alone:
            return self.fetch_cost(line, core)
        local = self.distance.local_preference
        if local > 0 and core.pick(2**16) < local:
            return int(self.distance.near_transfer[core.package])
        others = np.delete(self.distance.packages, core.number)
        return int(self.distance.transfer[others[core.pick(len(others))], core.package])

    def occupancy(self, line: Line, core: Core, queued: bool) -> int:
        """Cycles for which that keeps others from the line."""
        if line.owner is None:
            return self.distance.memory_cycles
        if queued:
            return int(self.distance.expected_occupancy[core.package])
        return int(self.distance.occupancy[line.owner.package, core.package])

    def unlock(self, line: Line, now: int, *, data: bool) -> int:
        """Broadcast: when the line's home has time for a request, and no other has locked it."""
        taken_up = now
        if data:
            taken_up = max(now, self.home_free_at[line.home])
            self.home_free_at[line.home] = taken_up + self.distance.home_occupancy_cycles
        return max(taken_up, line.exclusive_until, line.read_until)

    def read(self, line: Line, core: Core, now: int) -> int:
        """Give a core a readable copy; returns when it has it."""
        if core.number in line.sharers:
            return now + self.distance.hit_cycles
        self.note_fetch(line, core)
        if self.distance.broadcast:
            start = self.unlock(line, now, data=True)
            done = start + self.fetch_cost(line, core)
            line.read_until = start + self.occupancy(line, core, queued=False)
            line.sharers.add(core.number)
            return done
        group = int(self.distance.groups[core.package])
        if group in line.fetched:
            start = max(now, line.fetched[group])
            line.fetched[group] = start + self.distance.combined_read_cycles
            line.sharers.add(core.number)
            return max(start, now + int(self.distance.near_transfer[core.package]))
        start = max(now, line.exclusive_until, line.read_until)
        done = start + self.queued_fetch_cost(line, core, start - now)
        if line.owner is not None:
            line.read_until = start + self.occupancy(line, core, start > now)
        if self.distance.combined_read_cycles >= 0:
            line.fetched[group] = done
        line.sharers.add(core.number)
        return done

    def invalidation_cost(self, line: Line, core: Core) -> int:
        """Cycles to tell all other holders and spinners that their copies are void."""
        others = line.others(core)
        if len(others) > 1:
            return int(self.distance.farthest_invalidation[core.package])
        return int(self.distance.invalidation[core.package, self.cores[others.pop()].package])

    def own(self, line: Line, core: Core, now: int, locked: bool) -> int:
        """Make a core the sole holder of a line; returns when it is."""
        cached = core.number in line.sharers
        if cached and not line.others(core):
            line.owner = core
            return max(now, line.arrives) + self.distance.hit_cycles
        if not cached:
            self.note_fetch(line, core)
        self.voided.update((core.number, other) for other in line.sharers - {core.number})
        if self.distance.broadcast:
            done = self.unlock(line, now, data=not cached)
            if not line.sharers and not line.spinners:
                done += self.distance.memory_cycles
            elif cached:
                done += self.invalidation_cost(line, core)
            else:
                done += max(self.invalidation_cost(line, core), self.fetch_cost(line, core))
            line.exclusive_until = done + self.distance.completion_cycles
            line.owner, line.sharers = core, {core.number}
            return done
        unqueued = start = max(now, line.exclusive_until)
        if locked or self.distance.stores_wait:
            readers = line.read_until if now >= line.read_from else 0
            start = max(start, readers, line.queued_until)
        if cached:
            cost = busy = self.invalidation_cost(line, core)
        else:
            cost = self.queued_fetch_cost(line, core, start - now)
            busy = self.occupancy(line, core, start > now)
        far = locked and self.distance.atomic_occupancy_cycles >= 0
        if far:
            busy = self.distance.atomic_occupancy_cycles
            cost = self.distance.atomic_transfer_cycles
        if start > unqueued:
            line.queued_until = start + (busy if far else max(busy, cost))
        else:
            line.exclusive_until = start + busy
        line.owner, line.sharers = core, {core.number}
        line.fetched.clear()
        return start + cost
