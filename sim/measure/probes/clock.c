/* The cores' clock: a chain of operations of one cycle each; one operation is 1000 cycles.
 *
 * Its latency is by the time that the thread had its CPU: what else ran there does not matter.
 */
#include "probe.h"

static void prepare(Worker *me) { (void)me; }

static void loop(Worker *me) {
    double from = cpu_seconds();
    while (running()) {
        compute(1000);
        count(me);
    }
    me->samples = (long)atomic_load(&me->operations);
    if (me->samples) me->latency_ns = (cpu_seconds() - from) / (double)me->samples * 1e9;
}

int main(int argc, char **argv) {
    read_arguments(argc, argv);
    double *done = calloc((size_t)cpu_count, sizeof *done);
    if (!done) give_up("memory");
    double took = run_threads(done);
    quiet = slices;
    report(took, done);
    return 0;
}
