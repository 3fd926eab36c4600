/* All cores touch one cache line: micro/line_sharing on the machine itself.
 *
 * mode=write: every core adds to the line atomically. mode=store: it stores, and waits until the
 * store is done. mode=read_after_write: the first core writes at the start of a period, the others
 * read half a period later, and are timed. Without period_ns= the cores run back to back and their
 * operations are counted. With it all act once per period, and each operation is timed by itself,
 * less what the timing takes; the cores agree on the time by a counter that all of them read.
 * Periods in which one was late do not count: another program had its CPU.
 */
#include "probe.h"

#define MOST 16384 /* periods */
#define ENOUGH 20  /* of them in which all have acted: that other programs ran does not matter */

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

/* Act at the start of every period; a sample stands at the period's number. */
static void paced(Worker *me, int mode, double period) {
    int reads = mode == 'r', writes = reads && me->rank == 0 && cpu_count > 1;
    double *samples = all_samples + (size_t)me->rank * MOST, empty = own_time();
    double shift = reads && !writes ? period / 2 : 0, late = 2e-7 * rate;
    while (running()) {
        double now = (double)(ticks() - origin);
        long n = (long)floor((now - shift) / period) + 1;
        if (reads && cpu_count == 1) touch('w');
        uint64_t before, start = origin + (uint64_t)((double)n * period + shift);
        while ((before = ticks()) < start)
            if (!running()) return;
        if ((double)(before - start) > late || n < 0 || n >= MOST) continue;
        before = ticks();
        touch(writes ? 'w' : mode);
        double took = (double)(ticks() - before) - empty;
        samples[n] = took > 0 ? took / rate * 1e9 : 0;
        count(me);
    }
}

/* Latency of the cores that are timed, over the periods in which all have acted, and on time. */
static void join_samples(int first) {
    double *kept = calloc((size_t)cpu_count * MOST, sizeof *kept);
    if (!kept) give_up("memory");
    long n = 0, periods = 0;
    for (long period = 0; period < MOST; period++) {
        int together = 1;
        for (int i = 0; i < cpu_count; i++) together &= all_samples[(size_t)i * MOST + period] >= 0;
        periods += together;
        for (int i = first; i < cpu_count && together; i++)
            kept[n++] = all_samples[(size_t)i * MOST + period];
    }
    if (periods >= ENOUGH) quiet = slices;
    workers[0].latency_ns = typical(kept, n, &workers[0].dropped);
    workers[0].samples = n - workers[0].dropped;
    free(kept);
}

static void loop(Worker *me) {
    long period_ns = number("period_ns", 0);
    int mode = text("mode", "write")[0];
    if (period_ns) {
        paced(me, mode, (double)period_ns * 1e-9 * rate);
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
    double *done = calloc((size_t)cpu_count, sizeof *done);
    all_samples = calloc((size_t)cpu_count * MOST, sizeof *all_samples);
    if (!all_samples || !done) give_up("memory");
    for (size_t i = 0; i < (size_t)cpu_count * MOST; i++) all_samples[i] = -1;
    atomic_store(&line.word, 0);
    double took = run_threads(done);
    if (number("period_ns", 0)) join_samples(is("mode", "read_after_write") && cpu_count > 1);
    report(took, done);
    return 0;
}
