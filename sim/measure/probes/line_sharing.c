/* All cores touch one cache line: micro/line_sharing on the machine itself.
 *
 * mode=write: every core adds to the line atomically. mode=store: it stores, and waits until the
 * store is done. mode=read_after_write: the first core writes at the start of a period, the others
 * read half a period later, and are timed. Without period_ns= the cores run back to back and their
 * operations are counted. With it all act once per period, and each operation is timed by itself,
 * less what the timing takes; the cores agree on the time by a counter that all of them read.
 */
#include "probe.h"

#define MOST 65536

static struct {
    _Alignas(4096) _Atomic uint64_t word;
} line;
static double rate;
static uint64_t origin;
static double *all_samples;

static void prepare(Worker *me) { (void)me; }

static void touch(int mode) {
    if (mode == 'r') {
        (void)atomic_load_explicit(&line.word, memory_order_acquire);
    } else if (mode == 's') {
        atomic_store_explicit(&line.word, 1, memory_order_relaxed);
        atomic_thread_fence(memory_order_seq_cst);
    } else {
        atomic_fetch_add_explicit(&line.word, 1, memory_order_relaxed);
    }
}

/* What two readings of the counter take with nothing between them. */
static double own_time(void) {
    double pairs[1001];
    for (int i = 0; i < 1001; i++) {
        uint64_t before = ticks();
        pairs[i] = (double)(ticks() - before);
    }
    qsort(pairs, 1001, sizeof *pairs, ascending);
    return pairs[500];
}

static void paced(Worker *me, int mode, double period) {
    int reads = mode == 'r', writes = reads && me->rank == 0 && cpu_count > 1;
    double *samples = all_samples + (size_t)me->rank * MOST, empty = own_time();
    double shift = reads && !writes ? period / 2 : 0;
    long n = 0;
    while (running()) {
        double now = (double)(ticks() - origin);
        double next = (floor((now - shift) / period) + 1) * period + shift;
        if (reads && cpu_count == 1) touch('w');
        uint64_t start = origin + (uint64_t)next;
        while (ticks() < start)
            if (!running()) return;
        uint64_t before = ticks();
        touch(writes ? 'w' : mode);
        double took = (double)(ticks() - before) - empty;
        if (!writes && n < MOST) samples[n++] = took > 0 ? took / rate * 1e9 : 0;
        count(me);
        me->samples = n;
    }
}

static void loop(Worker *me) {
    long period_ns = number("period_ns", 0);
    int mode = text("mode", "write")[0];
    if (period_ns) {
        paced(me, mode, (double)period_ns * 1e-9 * rate);
        double *samples = all_samples + (size_t)me->rank * MOST;
        me->latency_ns = typical(samples, me->samples, &me->dropped);
        me->samples -= me->dropped;
        return;
    }
    while (running()) {
        touch(mode);
        count(me);
    }
}

int main(int argc, char **argv) {
    read_arguments(argc, argv);
    rate = ticks_per_second();
    origin = ticks();
    all_samples = calloc((size_t)cpu_count * MOST, sizeof *all_samples);
    if (!all_samples) give_up("memory");
    atomic_store(&line.word, 0);
    return measure();
}
