/* Every core takes a reference, drops it, and thinks before each: micro/counter on the machine.
 *
 * counter=shared: one word, added to atomically. counter=per_core: a word for each core.
 * counter=sloppy: a central word, and up to threshold= spare references of each core's own
 * (OSDI'10 section 4.3).
 */
#include "probe.h"

static struct {
    _Alignas(LINE) _Atomic int64_t word;
} central;

typedef struct {
    _Alignas(LINE) volatile int64_t word;
} Part;

static Part *parts;
static long idle, threshold;
static int kind;

static void prepare(Worker *me) { parts[me->rank].word = 0; }

static void add(int64_t value) {
    atomic_fetch_add_explicit(&central.word, value, memory_order_relaxed);
}

static void take(volatile int64_t *own) {
    if (kind == 'p')
        *own = *own + 1;
    else if (kind == 's')
        add(1);
    else if (*own > 0)
        *own = *own - 1;
    else
        add(1);
}

static void drop(volatile int64_t *own) {
    if (kind == 'p') {
        *own = *own - 1;
    } else if (kind == 's') {
        add(-1);
    } else if (*own < threshold) {
        *own = *own + 1;
    } else {
        int64_t returned = threshold / 2 + 1;
        *own = *own + 1 - returned;
        add(-returned);
    }
}

static void loop(Worker *me) {
    volatile int64_t *own = &parts[me->rank].word;
    while (running()) {
        think(&me->random, idle);
        take(own);
        count(me);
        think(&me->random, idle);
        drop(own);
        count(me);
    }
}

int main(int argc, char **argv) {
    read_arguments(argc, argv);
    idle = number("think_cycles", 1000);
    threshold = number("threshold", 8);
    const char *name = text("counter", "shared");
    kind = !strcmp(name, "shared") ? 's' : !strcmp(name, "per_core") ? 'p' : 'l';
    parts = aligned_alloc(LINE, sizeof(Part) * (size_t)cpu_count);
    if (!parts) give_up("memory");
    return measure();
}
