// The engine's loop in C++: the floor that its speed is measured against.
//
// The same design as sim/engine (a winner tree over cores, lines with owners and bitmaps of
// sharers, aggregate waiting for a ticket, one account slot per charge), restricted to what the
// benchmark's two programs use: machines with a directory, one thread per core, no sleeping. It
// reads the state that the engine would start from and the program it would run, and must end with
// the same account to the cycle and the same latencies: bench compares the arrays.
//
//     twin STATE RESULT    prints: CPU seconds of the loop, events
//
// STATE and RESULT are arrays of int64, each after its length; benchmarks/cpp.py writes and reads
// them. The records have the fields of sim/engine/isa.py, in the same order.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace {

using Int = std::int64_t;

enum Op : Int {
    COMPUTE, COMPUTE_DRAWN, SET, DRAW, JUMP, BRANCH, BULK, BEGIN, ADD, SAMPLE,
    LOAD, STORE, INCREMENT, FETCH_ADD, SWAP, COMPARE_SWAP, AWAIT, AWAIT_TURN, END = 24
};
enum Condition : Int { EQUAL, NOT_EQUAL, LESS, AT_LEAST };

constexpr Int NONE = -1, NEVER = INT64_MAX, FIRST_SHARED = LOAD;
constexpr Int CORE_BITS = 13, LINE_SHIFT = 3, SEGMENTS = 64, QUANTILES = 1024, PACE_BITS = 16;
constexpr Int NO_MASK = 1 << CORE_BITS;
constexpr Int LAST_CYCLE = Int{1} << (62 - CORE_BITS);

struct Instruction {
    Int op, key, stall_key, cause, dst, index, source, address, stride, value, condition, target;
};
struct alignas(64) Thread {
    Int pc, core, state, next, ready_at, began, parked_on, random;
};
struct alignas(64) Core {
    Int package, pace, thread, segments, start, wait_from, wait_key, interrupt, passed;
    Int spin_line, spin_next, spin_previous, spin_ready, spin_address, spin_value, spin_turn;
    Int idle_key, head, tail, since, interrupt_key, ipi_at, awaits_ipi, random;
    Int neighbour, pace_alone, pace_beside_spinner, unused[5];
};
struct alignas(64) Line {
    Int owner, sharers, exclusive_until, read_until, read_from, queued_until, first_mask, spin_head;
    Int spinners, last_mask, spin_tail, home, park_head, park_tail, version, arrives;
};
struct alignas(64) Registers {
    Int r[16];
};
struct Charge {
    Int key, cycles;
};
struct alignas(64) Charges {
    Charge of[64];
};

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "twin: %s\n", what);
    std::exit(1);
}

template <typename T>
std::vector<T> read_array(std::FILE* file) {
    Int bytes = 0;
    if (std::fread(&bytes, sizeof bytes, 1, file) != 1 || bytes % Int{sizeof(T)} != 0)
        fail("the state is not what the engine writes");
    std::vector<T> array(static_cast<std::size_t>(bytes) / sizeof(T));
    if (std::fread(array.data(), sizeof(T), array.size(), file) != array.size())
        fail("the state is cut short");
    return array;
}

template <typename T>
void write_array(std::FILE* file, const std::vector<T>& array) {
    const Int bytes = static_cast<Int>(array.size() * sizeof(T));
    if (std::fwrite(&bytes, sizeof bytes, 1, file) != 1 ||
        std::fwrite(array.data(), sizeof(T), array.size(), file) != array.size())
        fail("the result cannot be written");
}

struct Machine {
    std::vector<Instruction> program;
    std::vector<Thread> threads;
    std::vector<Registers> registers;
    std::vector<Core> cores;
    std::vector<Line> lines;
    std::vector<Charges> charges;
    std::vector<Int> sharers, words, quantiles, tree, account, latencies;
    std::vector<Int> transfer, invalidation, farthest, occupancy, expected;
    Int packages = 0, masks = 0, slots = 0, events = 0, operations = 0, opened = 0, closed = 0;
    Int warmup = 0, wanted = 0, maximum = 0, deadline = 0;
    Int memory = 0, hit = 0, locked = 0, context_switch = 0, switch_key = 0, stores_wait = 0;

    explicit Machine(std::FILE* file) {
        program = read_array<Instruction>(file);
        threads = read_array<Thread>(file);
        registers = read_array<Registers>(file);
        cores = read_array<Core>(file);
        lines = read_array<Line>(file);
        sharers = read_array<Int>(file);
        words = read_array<Int>(file);
        quantiles = read_array<Int>(file);
        tree = read_array<Int>(file);
        account = read_array<Int>(file);
        transfer = read_array<Int>(file);
        invalidation = read_array<Int>(file);
        farthest = read_array<Int>(file);
        occupancy = read_array<Int>(file);
        expected = read_array<Int>(file);
        const auto scalars = read_array<Int>(file);
        if (scalars.size() != 9) fail("the state has other scalars");
        warmup = scalars[0], wanted = scalars[1], maximum = scalars[2], memory = scalars[3];
        hit = scalars[4], locked = scalars[5], context_switch = scalars[6], switch_key = scalars[7];
        stores_wait = scalars[8];
        deadline = std::min(maximum, LAST_CYCLE);
        packages = static_cast<Int>(farthest.size());
        masks = static_cast<Int>(sharers.size() / lines.size());
        slots = static_cast<Int>(account.size() / cores.size());
        charges.resize(cores.size());
        latencies.resize(static_cast<std::size_t>(wanted));
    }

    // --- event queue

    void put(Int core, Int key) {
        auto i = static_cast<Int>(tree.size()) / 2 + core;
        tree[i] = key;
        while (i > 1) {
            tree[i >> 1] = std::min(tree[i], tree[i ^ 1]);
            i >>= 1;
        }
    }

    void schedule(Int core, Int time) { put(core, time << CORE_BITS | core); }

    // --- random numbers (splitmix64)

    static Int next(Int& stream) {
        auto z = static_cast<std::uint64_t>(stream) + 0x9E3779B97F4A7C15u;
        stream = static_cast<Int>(z);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z = z ^ (z >> 31);
        return static_cast<Int>(z >> 1);
    }

    Int draw(Thread& thread, Int bound) { return next(thread.random) % bound; }

    Int pick(Core& core, Int count) { return ((next(core.random) >> 31) * count) >> 32; }

    // --- account

    void charge(Int core, Int key, Int cycles) {
        charges[core].of[cores[core].segments++] = {key, cycles};
    }

    void settle(Int core, Int now) {
        Core& c = cores[core];
        for (Int i = 0; i < c.segments; ++i)
            account[core * slots + charges[core].of[i].key] += charges[core].of[i].cycles;
        c.segments = 0;
        if (c.wait_from != NONE) {
            account[core * slots + c.wait_key] += std::max<Int>(now - c.wait_from, 0);
            c.wait_from = NONE;
        }
        c.start = now;
    }

    void open_window(Int now) {
        std::fill(account.begin(), account.end(), 0);
        for (Int core = 0; core < static_cast<Int>(cores.size()); ++core) {
            Core& c = cores[core];
            Int at = c.start;
            for (Int i = 0; i < c.segments; ++i) {
                Int& length = charges[core].of[i].cycles;
                const Int end = at + length;
                length = std::max<Int>(end - std::max(at, now), 0);
                at = end;
            }
            c.start = std::max(c.start, now);
            if (c.wait_from != NONE) c.wait_from = std::max(c.wait_from, now);
        }
    }

    void close_window(Int now) {
        for (Int core = 0; core < static_cast<Int>(cores.size()); ++core) {
            const Core& c = cores[core];
            Int at = c.start;
            for (Int i = 0; i < c.segments; ++i) {
                const Int end = at + charges[core].of[i].cycles;
                account[core * slots + charges[core].of[i].key] +=
                    std::max<Int>(std::min(end, now) - at, 0);
                at = end;
            }
            if (c.wait_from != NONE)
                account[core * slots + c.wait_key] += std::max<Int>(now - c.wait_from, 0);
        }
    }

    // --- cache lines

    static Int bit(Int core) { return static_cast<Int>(std::uint64_t{1} << (core & 63)); }

    bool is_cached(Int line, Int core) const {
        if (lines[line].first_mask == NO_MASK) return lines[line].owner == core;
        return sharers[line * masks + (core >> 6)] >> (core & 63) & 1;
    }

    void set_bit(Int line, Int core) {
        Line& l = lines[line];
        const Int mask = core >> 6;
        sharers[line * masks + mask] |= bit(core);
        l.first_mask = std::min(l.first_mask, mask);
        l.last_mask = std::max(l.last_mask, mask);
    }

    void add_sharer(Int line, Int core) {
        if (is_cached(line, core)) return;
        Line& l = lines[line];
        if (l.first_mask == NO_MASK && l.owner != NONE) set_bit(line, l.owner);
        set_bit(line, core);
        ++l.sharers;
    }

    void make_sole_owner(Int line, Int core) {
        Line& l = lines[line];
        if (l.first_mask != NO_MASK) {
            for (Int i = l.first_mask; i <= l.last_mask; ++i) sharers[line * masks + i] = 0;
            l.first_mask = NO_MASK;
            l.last_mask = NONE;
        }
        l.sharers = 1;
        l.owner = core;
    }

    Int fetch_cost(Int line, Int core) const {
        const Int owner = lines[line].owner;
        if (owner == NONE) return memory;
        return transfer[cores[owner].package * packages + cores[core].package];
    }

    Int queued_fetch_cost(Int line, Int core, Int waits) {
        if (lines[line].owner == NONE || waits <= expected[cores[core].package])
            return fetch_cost(line, core);
        Int other = pick(cores[core], static_cast<Int>(cores.size()) - 1);
        other += other >= core;
        return transfer[cores[other].package * packages + cores[core].package];
    }

    Int busy_for(Int line, Int core, bool queued) const {
        const Int owner = lines[line].owner, package = cores[core].package;
        if (owner == NONE) return memory;
        return queued ? expected[package] : occupancy[cores[owner].package * packages + package];
    }

    Int read(Int line, Int core, Int now) {
        if (is_cached(line, core)) return now + hit;
        Line& l = lines[line];
        const Int start = std::max({now, l.exclusive_until, l.read_until});
        const Int done = start + queued_fetch_cost(line, core, start - now);
        if (l.owner != NONE) l.read_until = start + busy_for(line, core, start > now);
        add_sharer(line, core);
        return done;
    }

    Int other_holder(Int line, Int core) const {
        const Line& l = lines[line];
        const bool cached = is_cached(line, core);
        Int copies = l.sharers - cached;
        if (l.spinners == 1 && is_cached(line, l.spin_head)) --copies;
        if (copies + l.spinners != 1) return NONE;
        if (l.spinners == 1) return l.spin_head;
        if (l.first_mask == NO_MASK) return l.owner;
        for (Int i = l.first_mask; i <= l.last_mask; ++i) {
            auto mask = static_cast<std::uint64_t>(sharers[line * masks + i]);
            if (cached && i == core >> 6) mask ^= static_cast<std::uint64_t>(bit(core));
            if (mask) return (i << 6) + __builtin_ctzll(mask);
        }
        return NONE;
    }

    Int invalidation_cost(Int line, Int core) const {
        const Int other = other_holder(line, core), package = cores[core].package;
        if (other == NONE) return farthest[package];
        return invalidation[package * packages + cores[other].package];
    }

    Int own(Int line, Int core, Int now, bool is_locked) {
        Line& l = lines[line];
        const bool cached = is_cached(line, core);
        if (cached && l.sharers + l.spinners == 1) {
            l.owner = core;
            return now + hit;
        }
        Int start = std::max(now, l.exclusive_until);
        const Int queued =
            now >= l.read_from ? std::max(l.queued_until, l.read_until) : l.queued_until;
        const bool behind = (is_locked || stores_wait != 0) && queued > start;
        if (behind) start = queued;
        const Int cost = cached ? invalidation_cost(line, core)
                                : queued_fetch_cost(line, core, start - now);
        const Int busy = cached ? cost : busy_for(line, core, start > now);
        if (behind)
            l.queued_until = start + std::max(busy, cost);
        else
            l.exclusive_until = start + busy;
        make_sole_owner(line, core);
        return start + cost;
    }

    // --- spinning

    void join_spinners(Int core, Int line, Int address, Int value, Int ready) {
        Core& c = cores[core];
        Line& l = lines[line];
        c.spin_line = line;
        c.spin_address = address;
        c.spin_value = value;
        c.spin_turn = 1;
        c.spin_ready = ready;
        c.spin_next = NONE;
        c.spin_previous = l.spin_tail;
        (l.spin_tail == NONE ? l.spin_head : cores[l.spin_tail].spin_next) = core;
        l.spin_tail = core;
        ++l.spinners;
    }

    void leave_spinners(Int core) {
        Core& c = cores[core];
        Line& l = lines[c.spin_line];
        (c.spin_previous == NONE ? l.spin_head : cores[c.spin_previous].spin_next) = c.spin_next;
        (c.spin_next == NONE ? l.spin_tail : cores[c.spin_next].spin_previous) = c.spin_previous;
        --l.spinners;
        c.spin_line = NONE;
    }

    void pass_turn(Int line, Int address, Int writer, Thread& thread, Int done) {
        Line& l = lines[line];
        const Int waiting = l.spinners, package = cores[writer].package;
        const Int step = expected[package], begin = std::max(done, l.exclusive_until);
        Int core = NONE;
        if (cores[l.spin_head].spin_address == address) {
            core = l.spin_head;
            while (core != NONE && words[address] != cores[core].spin_value)
                core = cores[core].spin_next;
        }
        if (core != NONE) {
            const Int place = draw(thread, waiting);
            const Int cost = transfer[package * packages + cores[core].package];
            leave_spinners(core);
            add_sharer(line, core);
            cores[core].passed = 1;
            schedule(core, std::max(cores[core].spin_ready, begin + place * step + cost));
            l.read_until = begin + waiting * step;
            l.read_from = begin;
        } else if (stores_wait != 0 || l.queued_until < done) {
            l.read_until = begin + waiting * step;
            l.read_from = begin;
        }
    }

    // --- instructions

    static bool holds(Int left, Int condition, Int right) {
        switch (condition) {
            case EQUAL: return left == right;
            case NOT_EQUAL: return left != right;
            case LESS: return left < right;
            default: return left >= right;
        }
    }

    // Cycles that work of so many takes on a core.
    Int paced(Int core, Int cycles) const { return (cycles * cores[core].pace) >> PACE_BITS; }

    Int private_work(Int core, Thread& thread, Int* r, const Instruction& i, Int now) {
        const Int value = i.value + (i.source != NONE ? r[i.source] : 0);
        ++thread.pc;
        switch (i.op) {
            case COMPUTE: {
                const Int cycles = paced(core, value);
                charge(core, i.key, cycles);
                return now + cycles;
            }
            case COMPUTE_DRAWN: {
                const Int cycles = paced(
                    core,
                    (value * quantiles[i.target * QUANTILES + draw(thread, QUANTILES)]) >> 16);
                charge(core, i.key, cycles);
                return now + cycles;
            }
            case SET: r[i.dst] = value; return now;
            case DRAW: r[i.dst] = draw(thread, value); return now;
            case JUMP: thread.pc = i.target; return now;
            case BRANCH:
                if (holds(r[i.dst], i.condition, value)) thread.pc = i.target;
                return now;
            case BEGIN: thread.began = now; return now;
            default: fail("a private instruction that the benchmark does not use");
        }
    }

    Int write(Int core, Thread& thread, Int address, Int value, Int now, bool is_locked) {
        const Int line = address >> LINE_SHIFT, done = own(line, core, now, is_locked);
        words[address] = value;
        if (lines[line].spin_head != NONE) pass_turn(line, address, core, thread, done);
        return done;
    }

    bool await_turn(Int core, const Instruction& i, Int address, Int value, Int& now) {
        if (cores[core].passed) {
            cores[core].passed = 0;
            return true;
        }
        const Int line = address >> LINE_SHIFT;
        const bool over = words[address] == value;
        const Int ready = read(line, core, now);
        charge(core, i.stall_key, ready - now);
        now = ready;
        if (over) return true;
        join_spinners(core, line, address, value, ready);
        cores[core].wait_from = ready;
        cores[core].wait_key = i.stall_key;
        put(core, NEVER);
        return false;
    }

    bool complete(const Thread& thread, Int now) {
        const Int measured = ++operations - warmup;
        deadline = std::min(now + maximum, LAST_CYCLE);
        if (measured == 0) {
            opened = now;
            open_window(now);
        } else if (measured > 0) {
            latencies[measured - 1] = now - thread.began;
            if (measured == wanted) {
                closed = now;
                close_window(now);
                return true;
            }
        }
        return false;
    }

    // Runs one core from its event up to its next one; true when the window has closed.
    bool step(Int core, Int event) {
        Int now = event;
        if (cores[core].thread == NONE) {  // the start: its one thread begins to run
            cores[core].thread = cores[core].head;
            const Int cost = now > 0 ? paced(core, context_switch) : 0;
            charge(core, switch_key, cost);
            now += cost;
        }
        const Int number = cores[core].thread;
        Thread& thread = threads[number];
        Int* r = registers[number].r;
        for (;;) {
            const Instruction& i = program[thread.pc];
            if (cores[core].segments >= SEGMENTS - 2) {
                schedule(core, now);
                return false;
            }
            if (i.op < FIRST_SHARED) {
                now = private_work(core, thread, r, i, now);
                continue;
            }
            if (now > event) {
                schedule(core, now);
                return false;
            }
            const Int value = i.value + (i.source != NONE ? r[i.source] : 0);
            const Int address = i.address + (i.index != NONE ? r[i.index] * i.stride : 0);
            const Int begin = now;
            switch (i.op) {
                case INCREMENT:
                    now = write(core, thread, address, words[address] + value, now, false);
                    charge(core, i.stall_key, now - begin);
                    break;
                case FETCH_ADD: {
                    const Int old = words[address];
                    now = write(core, thread, address, old + value, now, true) + locked;
                    if (i.dst != NONE) r[i.dst] = old;
                    charge(core, i.stall_key, now - begin);
                    break;
                }
                case AWAIT_TURN:
                    if (!await_turn(core, i, address, value, now)) return false;
                    break;
                case END:
                    if (complete(thread, now)) return true;
                    break;
                default: fail("a shared instruction that the benchmark does not use");
            }
            ++thread.pc;
        }
    }

    void run() {
        for (;;) {
            const Int key = tree[1];
            if (key == NEVER) fail("deadlock");
            const Int now = key >> CORE_BITS, core = key & ((Int{1} << CORE_BITS) - 1);
            if (now > deadline) fail("the time is up");
            ++events;
            settle(core, now);
            if (step(core, now)) return;
        }
    }
};

double cpu_seconds() {
    std::timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) fail("usage: twin STATE RESULT");
    std::FILE* state = std::fopen(argv[1], "rb");
    if (!state) fail("the state cannot be read");
    Machine machine(state);
    std::fclose(state);
    const double before = cpu_seconds();
    machine.run();
    const double seconds = cpu_seconds() - before;
    std::FILE* result = std::fopen(argv[2], "wb");
    if (!result) fail("the result cannot be written");
    write_array(result, std::vector<Int>{machine.events, machine.opened, machine.closed});
    write_array(result, machine.latencies);
    write_array(result, machine.account);
    write_array(result, machine.words);
    if (std::fclose(result) != 0) fail("the result cannot be written");
    std::printf("%.9f %lld\n", seconds, static_cast<long long>(machine.events));
    return 0;
}
