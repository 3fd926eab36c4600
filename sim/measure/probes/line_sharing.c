/* All cores touch one cache line: micro/line_sharing on the machine itself.
 *
 * mode=write: every core adds to the line atomically. mode=store: it stores, and waits until the
 * store is done. mode=read_after_write: the first core writes at the start of a period, the others
 * read half a period later, and are timed. Without period_ns= the cores run back to back and their
 * operations are counted. With it all act once per period, and each operation is timed by itself,
 * less what the timing takes, on average: some counters advance by 10 ns at once. A time that does
 * not stand out of the timing's own scatter is not reported. The cores agree on the time by a
 * counter that all of them read. Periods in which one was late do not count: another program had its
 * CPU.
 */
#include "probe.h"

#define MOST 16384 /* periods */
#define SURE 3 /* standard errors above which a time is one */
#define ENOUGH 20  /* of them in which all have acted: that other programs ran does not matter */

static struct {
    _Alignas(4096) _Atomic uint64_t word;
} line;
static double rate;
static uint64_t origin;
static double *all_samples, *all_empty; /* ns: of an operation with its timing, of timing alone */

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

/* Act at the start of every period; a sample stands at the period's number. */
static void paced(Worker *me, int mode, double period) {
    int reads = mode == 'r', writes = reads && me->rank == 0 && cpu_count > 1;
    double *samples = all_samples + (size_t)me->rank * MOST;
    double *empty = all_empty + (size_t)me->rank * MOST;
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
        uint64_t after = ticks();
        samples[n] = (double)(after - before) / rate * 1e9;
        before = ticks();
        empty[n] = (double)(ticks() - before) / rate * 1e9;
        count(me);
    }
}

/* Standard error of a mean. */
static double scatter(const double *samples, long n) {
    double sum = 0, squares = 0;
    for (long i = 0; i < n; i++) sum += samples[i];
    double mean = sum / (double)n;
    for (long i = 0; i < n; i++) squares += (samples[i] - mean) * (samples[i] - mean);
    return n > 1 ? sqrt(squares / (double)(n - 1) / (double)n) : HUGE_VAL;
}

/* Latency of the cores that are timed, over the periods in which all have acted, and on time. */
static void join_samples(int first) {
    double *kept = calloc((size_t)cpu_count * MOST, sizeof *kept);
    double *idle = calloc((size_t)cpu_count * MOST, sizeof *idle);
    if (!kept || !idle) give_up("memory");
    long n = 0, periods = 0, unused;
    for (long period = 0; period < MOST; period++) {
        int together = 1;
        for (int i = 0; i < cpu_count; i++) together &= all_samples[(size_t)i * MOST + period] >= 0;
        periods += together;
        for (int i = first; i < cpu_count && together; i++) {
            idle[n] = all_empty[(size_t)i * MOST + period];
            kept[n++] = all_samples[(size_t)i * MOST + period];
        }
    }
    if (periods >= ENOUGH) quiet = slices;
    double found = typical(kept, n, &workers[0].dropped) - typical(idle, n, &unused);
    long used = n - workers[0].dropped;
    workers[0].latency_ns = found > SURE * scatter(idle, n - unused) ? found : 0;
    workers[0].samples = used;
    free(kept), free(idle);
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
    all_empty = calloc((size_t)cpu_count * MOST, sizeof *all_empty);
    if (!all_samples || !all_empty || !done) give_up("memory");
    for (size_t i = 0; i < (size_t)cpu_count * MOST; i++) all_samples[i] = -1;
    atomic_store(&line.word, 0);
    double took = run_threads(done);
    if (number("period_ns", 0)) join_samples(is("mode", "read_after_write") && cpu_count > 1);
    report(took, done);
    return 0;
}
