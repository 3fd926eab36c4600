/* Latency of one message between two CPUs: half of a round trip by compare-and-swap.
 *
 * cpus=A,B. The word lies on a page that is fresh for this pair, and that CPU home_cpu= has touched
 * first: a page that earlier pairs have used may still have its home elsewhere, and on machines of
 * several nodes the line then goes by way of a third core (the known fault of older tools on Zen).
 * A sample is a hundred round trips; the median of them is printed.
 */
#include "probe.h"

#define TRIPS 100
#define MOST 20000
#define ENOUGH 20

typedef struct {
    _Atomic uint64_t word;
} Place;

static Place *place;
static double *samples;
static long taken;

static void swap_when(uint64_t from, uint64_t to) {
    uint64_t expected = from;
    while (!atomic_compare_exchange_strong_explicit(&place->word, &expected, to,
                                                    memory_order_acq_rel, memory_order_relaxed)) {
        if (!running()) return;
        expected = from;
    }
}

static void prepare(Worker *me) { (void)me; }

static void loop(Worker *me) {
    if (me->rank) {
        while (running()) swap_when(1, 0);
        return;
    }
    while (running()) {
        double from = seconds();
        for (int i = 0; i < TRIPS; i++) {
            swap_when(0, 1);
            count(me);
        }
        if (running() && taken < MOST) samples[taken++] = (seconds() - from) / TRIPS / 2 * 1e9;
    }
}

int main(int argc, char **argv) {
    read_arguments(argc, argv);
    if (cpu_count != 2) give_up("cpus: a pair is needed");
    samples = calloc(MOST, sizeof *samples);
    pin((int)number("home_cpu", cpus[0]));
    place = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED || !samples) give_up("memory");
    atomic_store(&place->word, 0);
    double done[2] = {0, 0};
    double took = run_threads(done);
    qsort(samples, (size_t)taken, sizeof *samples, ascending);
    if (taken >= ENOUGH) quiet = slices; /* the median is of trips without an interruption */
    workers[0].samples = taken;
    workers[0].latency_ns = taken ? samples[taken / 2] : 0;
    report(took, done);
    return 0;
}
