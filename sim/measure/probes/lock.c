/* Every core acquires one lock, writes a line that it protects, works, releases it and thinks.
 *
 * micro/lock on the machine itself: lock=, hold_cycles=, think_cycles= (drawn from an exponential
 * distribution) and the kinds of lock are those of the model; waiters spin without a pause, as
 * there. For cohort, dies= has the die of each CPU. That no two cores were inside at once is checked:
 * each has added to the line without an atomic operation. Sources: Mellor-Crummey and Scott, ACM TOCS
 * 1991 (tas, ttas, ticket, ticket_proportional, mcs); Craig 1993 and Landin and Hagersten 1994 (clh);
 * Dice, Marathe and Shavit, PPoPP 2012 (cohort); sim/sync/qspinlock.py (qspinlock).
 */
#include "probe.h"

typedef struct Node {
    _Alignas(LINE) _Atomic(struct Node *) next;
    _Atomic int turn; /* mcs: 1 = it is this node's; clh: 1 = busy */
} Node;

typedef struct {
    _Alignas(LINE) _Atomic uint64_t word;
    _Alignas(LINE) _Atomic(Node *) tail;
    _Alignas(LINE) _Atomic uint64_t ticket; /* the next one is in the high half: one line, as there */
} Lock;

static Lock lock;
static struct {
    _Alignas(LINE) volatile uint64_t word;
} protected;
static long hold, idle, proportional;

typedef struct {
    _Alignas(LINE) Node own[2];
    Node *mine, *before;
    int die;
} Place;

static Place *places;

#define LOAD(x) atomic_load_explicit(&(x), memory_order_acquire)
#define STORE(x, value) atomic_store_explicit(&(x), value, memory_order_release)

static void tas_acquire(Place *me) {
    (void)me;
    while (atomic_exchange(&lock.word, 1))
        if (!running()) return;
}

static void ttas_acquire(Place *me) {
    (void)me;
    do {
        while (LOAD(lock.word))
            if (!running()) return;
    } while (atomic_exchange(&lock.word, 1));
}

static void word_release(Place *me) {
    (void)me;
    STORE(lock.word, 0);
}

static uint32_t serving(void) { return (uint32_t)LOAD(lock.ticket); }

static void ticket_acquire(Place *me) {
    (void)me;
    uint32_t mine = (uint32_t)(atomic_fetch_add(&lock.ticket, (uint64_t)1 << 32) >> 32);
    while (serving() != mine)
        if (!running()) return;
}

static void proportional_acquire(Place *me) {
    (void)me;
    uint32_t ahead, mine = (uint32_t)(atomic_fetch_add(&lock.ticket, (uint64_t)1 << 32) >> 32);
    while ((ahead = mine - serving()) != 0) {
        if (!running()) return;
        compute(proportional * (long)ahead);
    }
}

/* The low half alone, which only the holder writes: a plain store, as kernels do. */
static void ticket_release(Place *me) {
    (void)me;
    volatile uint32_t *low = (volatile uint32_t *)(void *)&lock.ticket;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    low++;
#endif
    atomic_thread_fence(memory_order_release);
    *low = *low + 1;
}

static void mcs_acquire(Place *me) {
    Node *node = &me->own[0];
    atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
    atomic_store_explicit(&node->turn, 0, memory_order_relaxed);
    Node *before = atomic_exchange(&lock.tail, node);
    if (!before) return;
    STORE(before->next, node);
    while (!LOAD(node->turn))
        if (!running()) return;
}

static void mcs_release(Place *me) {
    Node *node = &me->own[0], *after = LOAD(node->next), *last = node;
    if (!after) {
        if (atomic_compare_exchange_strong(&lock.tail, &last, NULL)) return;
        while (!(after = LOAD(node->next)))
            if (!running()) return;
    }
    STORE(after->turn, 1);
}

static void clh_acquire(Place *me) {
    atomic_store_explicit(&me->mine->turn, 1, memory_order_relaxed);
    me->before = atomic_exchange(&lock.tail, me->mine);
    while (LOAD(me->before->turn))
        if (!running()) return;
}

static void clh_release(Place *me) {
    Node *mine = me->mine;
    me->mine = me->before;
    STORE(mine->turn, 0);
}

/* --- qspinlock: the first waiter is pending, the others queue; state and tail share a line --- */

#define LOCKED (1u << 16) /* a byte of its own, which the holder clears by a plain store */
#define PENDING (1u << 8)
#define QUEUED 1u

static struct {
    _Alignas(LINE) _Atomic uint32_t state;
    _Atomic(Node *) tail;
} queued;

static int try_state(uint32_t *seen, uint32_t wanted) {
    return atomic_compare_exchange_strong(&queued.state, seen, wanted);
}

/* Wait for the line to have neither a holder nor, below PENDING, somebody pending. */
static void await_below(uint32_t bound) {
    while (LOAD(queued.state) >= bound)
        if (!running()) return;
}

static void qspin_queue(Node *node) {
    atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
    atomic_store_explicit(&node->turn, 0, memory_order_relaxed);
    Node *before = atomic_exchange(&queued.tail, node), *after, *last = node;
    if (before) {
        STORE(before->next, node);
        while (!LOAD(node->turn))
            if (!running()) return;
    } else {
        atomic_fetch_add(&queued.state, QUEUED);
    }
    await_below(PENDING);
    if (!running()) return;
    atomic_fetch_add(&queued.state, LOCKED);
    if (LOAD(queued.tail) == node && atomic_compare_exchange_strong(&queued.tail, &last, NULL)) {
        atomic_fetch_sub(&queued.state, QUEUED);
        return;
    }
    while (!(after = LOAD(node->next)))
        if (!running()) return;
    STORE(after->turn, 1);
}

static void qspin_acquire(Place *me) {
    uint32_t seen = 0;
    if (try_state(&seen, LOCKED)) return;
    while (seen == PENDING) { /* it is about to be taken */
        if (!running()) return;
        seen = LOAD(queued.state);
    }
    while (seen == 0 || seen == LOCKED) {
        int pends = seen == LOCKED;
        if (!try_state(&seen, pends ? LOCKED | PENDING : LOCKED)) continue;
        if (!pends) return;
        await_below(LOCKED);
        if (running()) atomic_fetch_add(&queued.state, LOCKED - PENDING);
        return;
    }
    qspin_queue(&me->own[0]);
}

static void qspin_release(Place *me) {
    (void)me;
    volatile uint8_t *bytes = (volatile uint8_t *)(void *)&queued.state;
    atomic_thread_fence(memory_order_release);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes[1] = 0;
#else
    bytes[2] = 0;
#endif
}

/* --- cohort: an MCS queue in each die, a ticket lock between dies ---------------------------- */

#define ALONE 1
static struct {
    _Alignas(LINE) _Atomic(Node *) tail;
} near[MAX_CPUS];
static long hand_offs;

static void cohort_acquire(Place *me) {
    Node *node = &me->own[0];
    int told = ALONE;
    atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
    atomic_store_explicit(&node->turn, 0, memory_order_relaxed);
    Node *before = atomic_exchange(&near[me->die].tail, node);
    if (before) {
        STORE(before->next, node);
        while (!(told = LOAD(node->turn)))
            if (!running()) return;
    }
    atomic_store_explicit(&node->turn, told, memory_order_relaxed);
    if (told == ALONE) ticket_acquire(me);
}

static void cohort_release(Place *me) {
    Node *node = &me->own[0], *after = LOAD(node->next), *last = node;
    int turn = atomic_load_explicit(&node->turn, memory_order_relaxed);
    if (after && turn < ALONE + hand_offs) {
        STORE(after->turn, turn + 1);
        return;
    }
    ticket_release(me);
    if (!after) {
        if (atomic_compare_exchange_strong(&near[me->die].tail, &last, NULL)) return;
        while (!(after = LOAD(node->next)))
            if (!running()) return;
    }
    STORE(after->turn, ALONE);
}

static const struct {
    const char *name;
    void (*acquire)(Place *), (*release)(Place *);
} KINDS[] = {
    {"tas", tas_acquire, word_release},       {"ttas", ttas_acquire, word_release},
    {"ticket", ticket_acquire, ticket_release}, {"mcs", mcs_acquire, mcs_release},
    {"clh", clh_acquire, clh_release},        {"ticket_proportional", proportional_acquire, ticket_release},
    {"qspinlock", qspin_acquire, qspin_release}, {"cohort", cohort_acquire, cohort_release},
};
static int kind = -1;

static void prepare(Worker *me) { places[me->rank].mine = &places[me->rank].own[0]; }

static void loop(Worker *me) {
    Place *place = &places[me->rank];
    void (*acquire)(Place *) = KINDS[kind].acquire, (*release)(Place *) = KINDS[kind].release;
    while (running()) {
        think(&me->random, idle);
        acquire(place);
        if (!running()) return; /* perhaps without the lock: the others end as well */
        protected.word = protected.word + 1;
        compute(hold);
        release(place);
        count(me);
    }
}

/* The die of each CPU, as dies= lists them; all on one without it. */
static void read_dies(void) {
    const char *at = text("dies", "");
    for (int i = 0; i < cpu_count && *at; i++) {
        char *end;
        places[i].die = (int)strtol(at, &end, 10);
        if (places[i].die < 0 || places[i].die >= MAX_CPUS) give_up("dies");
        at = *end == ',' ? end + 1 : end;
    }
}

int main(int argc, char **argv) {
    read_arguments(argc, argv);
    hold = number("hold_cycles", 1000);
    idle = number("think_cycles", 0);
    proportional = number("proportional_cycles", 1000);
    hand_offs = number("cohort_hand_offs", 64);
    for (int i = 0; i < (int)(sizeof KINDS / sizeof *KINDS); i++)
        if (is("lock", KINDS[i].name)) kind = i;
    places = aligned_alloc(LINE, sizeof(Place) * (size_t)(cpu_count + 1));
    double *done = calloc((size_t)cpu_count, sizeof *done);
    if (kind < 0 || !places || !done) give_up("lock");
    memset(places, 0, sizeof(Place) * (size_t)(cpu_count + 1));
    read_dies();
    if (is("lock", "clh")) atomic_store(&lock.tail, &places[cpu_count].own[0]); /* a free node */
    double took = run_threads(done);
    uint64_t all = 0;
    for (int i = 0; i < cpu_count; i++) all += atomic_load(&workers[i].operations);
    errno = 0;
    if (all != protected.word) give_up("two cores were inside the lock at once");
    report(took, done);
    return 0;
}
