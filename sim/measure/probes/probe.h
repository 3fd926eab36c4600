/* What all probes share: arguments, pinned threads, time, work of known length, one line of JSON.
 *
 * A probe is a program of one measurement: `probe key=value ...` prints one line of JSON. Threads
 * (with tasks=processes, processes) run pinned, one on each CPU of `cpus=`, and count operations in
 * a line of their own. The main
 * thread sleeps, and reads the counts every millisecond, after a time to warm up: nothing is stopped
 * or synchronised meanwhile. Milliseconds in which another program ran on a CPU do not count, nor
 * those in which nobody got anything done: a hypervisor had taken the CPU from whom all waited for.
 *
 * 2 is what a probe exits with where the system does not let it measure; it says why on stderr.
 */
#ifndef PROBE_H
#define PROBE_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/perf_event.h>
#endif

#define LINE 128 /* bytes: two lines of 64, which some machines fetch together; one of Apple's */
#define MAX_CPUS 4096

#define MAYBE __attribute__((unused)) static /* not every probe needs everything */

static void give_up(const char *what) {
    fprintf(stderr, errno ? "%s: %s\n" : "%s\n", what, strerror(errno));
    exit(2);
}

/* --- arguments ---------------------------------------------------------------------------- */

static int argument_count;
static char **arguments;

static const char *text(const char *name, const char *otherwise) {
    size_t length = strlen(name);
    for (int i = 1; i < argument_count; i++)
        if (!strncmp(arguments[i], name, length) && arguments[i][length] == '=')
            return arguments[i] + length + 1;
    return otherwise;
}

MAYBE long number(const char *name, long otherwise) {
    const char *given = text(name, NULL);
    return given ? strtol(given, NULL, 10) : otherwise;
}

MAYBE int is(const char *name, const char *value) { return !strcmp(text(name, ""), value); }

static int cpus[MAX_CPUS], cpu_count;

static void read_arguments(int argc, char **argv) {
    argument_count = argc;
    arguments = argv;
    char *rest = NULL, *list = strdup(text("cpus", "0"));
    for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        if (cpu_count == MAX_CPUS) give_up("cpus");
        cpus[cpu_count++] = atoi(word);
    }
    free(list);
}

/* --- time and CPUs ------------------------------------------------------------------------ */

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* What this thread has had of its CPU. */
static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A counter of constant rate, the same on all cores; ordered after what stands before it. */
MAYBE inline uint64_t ticks(void) {
#if defined(__x86_64__)
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
#elif defined(__aarch64__)
    uint64_t count;
    __asm__ volatile("dsb ish; isb; mrs %0, cntvct_el0; isb" : "=r"(count)::"memory");
    return count;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

MAYBE double ticks_per_second(void) {
    double from = seconds(), to;
    uint64_t first = ticks();
    while ((to = seconds()) < from + 0.005)
        ;
    return (double)(ticks() - first) / (to - from);
}

static void pin(int cpu) {
    size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
    cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
    CPU_ZERO_S(size, set);
    CPU_SET_S((size_t)cpu, size, set);
    if (sched_setaffinity(0, size, set)) {
        char name[32];
        snprintf(name, sizeof name, "CPU %d", cpu);
        give_up(name);
    }
    CPU_FREE(set);
}

static void pause_ms(long ms) {
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) && errno == EINTR)
        ;
}

/* --- work --------------------------------------------------------------------------------- */

/* A chain of exclusive ors, each waiting for the one before: a cycle each, on all CPUs there are.
 * (Some execute an addition of a constant in no time.) */
static inline void compute(long cycles) {
    uint64_t x = 1, y = 3;
    __asm__ volatile("" : "+r"(y));
    for (long left = cycles; left >= 8; left -= 8) {
#define STEP                                                                                       \
    x ^= y;                                                                                        \
    __asm__ volatile("" : "+r"(x));
        STEP STEP STEP STEP STEP STEP STEP STEP
    }
    for (long left = cycles & 7; left > 0; left--) {
        STEP
    }
#undef STEP
}

typedef struct {
    uint64_t state;
    uint16_t drawn[1024]; /* quantiles of the exponential distribution of mean 1, in 1/64 */
} Random;

static void seed(Random *random, int number) {
    random->state = 0x9e3779b97f4a7c15u * (uint64_t)(number + 1);
    for (int i = 0; i < 1024; i++) random->drawn[i] = (uint16_t)(-64 * log((i + 0.5) / 1024) + 0.5);
}

static inline uint64_t draw(Random *random) {
    uint64_t x = random->state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return random->state = x;
}

/* Work of a length that is drawn anew each time, from an exponential distribution. */
static inline void think(Random *random, long mean_cycles) {
    if (mean_cycles > 0) compute(mean_cycles * random->drawn[draw(random) >> 54] / 64);
}

/* --- threads ------------------------------------------------------------------------------ */

typedef struct {
    _Alignas(LINE) _Atomic uint64_t operations;
    int rank, cpu;
    double share;        /* of its time that it had the CPU */
    double ghz;          /* by the hardware's counter; 0 where it may not be read */
    double latency_ns;   /* where the probe times each operation */
    long samples, dropped;
    Random random;
} Worker;

#define LARGEST_PAGE 65536
static _Alignas(LARGEST_PAGE) union {
    struct {
        _Alignas(LINE) _Atomic int ready;
        _Alignas(LINE) _Atomic int started;
        _Alignas(LINE) _Atomic int stopping;
    };
    char whole[LARGEST_PAGE]; /* pages of its own, which processes can share */
} common;

static inline int running(void) {
    return !atomic_load_explicit(&common.stopping, memory_order_relaxed);
}

static inline void count(Worker *me) {
    uint64_t so_far = atomic_load_explicit(&me->operations, memory_order_relaxed);
    atomic_store_explicit(&me->operations, so_far + 1, memory_order_relaxed);
}

/* A counter of this thread's own cycles; -1 where that is not allowed. */
static int open_cycles(void) {
#ifdef __linux__
    struct perf_event_attr what;
    memset(&what, 0, sizeof what);
    what.size = sizeof what;
    what.type = PERF_TYPE_HARDWARE;
    what.config = PERF_COUNT_HW_CPU_CYCLES;
    what.exclude_kernel = what.exclude_hv = 1;
    return (int)syscall(SYS_perf_event_open, &what, 0, -1, -1, 0);
#else
    return -1;
#endif
}

/* What the probe defines: memory before the start, and the loop. */
static void prepare(Worker *me);
static void loop(Worker *me);

static void *work(void *given) {
    Worker *me = given;
    pin(me->cpu);
    seed(&me->random, me->rank);
    prepare(me);
    pin(me->cpu);
    atomic_fetch_add(&common.ready, 1);
    while (!atomic_load(&common.started)) sched_yield();
    int counter = open_cycles();
    double from = seconds(), cpu = cpu_seconds();
    loop(me);
    double took = seconds() - from;
    me->share = (cpu_seconds() - cpu) / took;
    uint64_t cycles = 0;
    if (counter >= 0 && read(counter, &cycles, sizeof cycles) == (ssize_t)sizeof cycles)
        me->ghz = (double)cycles / took * 1e-9;
    if (counter >= 0) close(counter);
    return NULL;
}

static Worker *workers;

/* CPU time that a thread has had, by a clock that others may read. */
static double time_of(clockid_t clock) {
    struct timespec now;
    return clock_gettime(clock, &now) ? 0 : (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* One slice of the window: what each thread did, and the least share of it that one had its CPU. */
static double slice(const clockid_t *clocks, double *did, double *took) {
    static double *before;
    if (!before && !(before = calloc((size_t)cpu_count * 2, sizeof *before))) give_up("memory");
    double from = seconds(), share = 1;
    for (int i = 0; i < cpu_count; i++) {
        did[i] = -(double)atomic_load(&workers[i].operations);
        before[i] = time_of(clocks[i]);
        before[cpu_count + i] = seconds();
    }
    pause_ms(1);
    for (int i = 0; i < cpu_count; i++) {
        double passed = seconds() - before[cpu_count + i];
        double had = (time_of(clocks[i]) - before[i]) / passed;
        did[i] += (double)atomic_load(&workers[i].operations);
        if (had < share) share = had;
    }
    *took = seconds() - from;
    return share;
}

static double sum(const double *did) {
    double all = 0;
    for (int i = 0; i < cpu_count; i++) all += did[i];
    return all;
}

#define QUIET 0.97
#define LEAST 3 /* slices */
static int quiet, slices;

static void *shared_memory(void *at, size_t size) {
    int flags = MAP_SHARED | MAP_ANONYMOUS | (at ? MAP_FIXED : 0);
    void *found = mmap(at, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (found == MAP_FAILED) give_up("memory");
    return found;
}

static pthread_t *threads;
static pid_t *processes;

/* Start a task on each CPU, and find the clocks of the CPU time that they have. */
static void start_tasks(clockid_t *clocks) {
    if (processes) shared_memory(&common, sizeof common);
    for (int i = 0; i < cpu_count; i++) {
        workers[i].rank = i;
        workers[i].cpu = cpus[i];
        if (!processes) {
            if ((errno = pthread_create(&threads[i], NULL, work, &workers[i]))) give_up("thread");
            if ((errno = pthread_getcpuclockid(threads[i], &clocks[i]))) give_up("CPU time");
        } else if ((processes[i] = fork()) == 0) {
            work(&workers[i]);
            _exit(0);
        } else if (processes[i] < 0) {
            give_up("process");
        } else if ((errno = clock_getcpuclockid(processes[i], &clocks[i]))) {
            give_up("CPU time");
        }
    }
    while (atomic_load(&common.ready) < cpu_count) {
        pause_ms(1);
        if (processes && waitpid(-1, NULL, WNOHANG) > 0) exit(2); /* it has said why */
    }
}

static void stop_tasks(void) {
    atomic_store(&common.stopping, 1);
    for (int i = 0; i < cpu_count; i++)
        if (processes)
            waitpid(processes[i], NULL, 0);
        else
            pthread_join(threads[i], NULL);
}

/* Whether to go on: for ms; five times as long if hardly a slice was quiet (who holds a lock was
 * perhaps stopped all the while), and up to a second if nothing was done at all. */
static int goes_on(double from, double did) {
    double now = seconds() - from, window = 1e-3 * (double)number("ms", 20);
    return now < window || (quiet < LEAST && now < 5 * window) || (did == 0 && now < window + 1);
}

/* Run all threads for warm_ms and then in slices of a millisecond. Slices in which every thread had
 * its CPU and something was done count, or where there are none, all. Returns the seconds that
 * count, and in `done` what each thread did in them. */
static double run_threads(double *done) {
    size_t many = (size_t)cpu_count;
    threads = calloc(many, sizeof *threads);
    if (is("tasks", "processes")) processes = calloc(many, sizeof *processes);
    clockid_t *clocks = calloc(many, sizeof *clocks);
    double *did = calloc(many, sizeof *did), *all = calloc(many, sizeof *all);
    if (!threads || !clocks || !did || !all) give_up("memory");
    workers = shared_memory(NULL, sizeof(Worker) * many);
    start_tasks(clocks);
    atomic_store(&common.started, 1);
    pause_ms(number("warm_ms", 5));
    double from = seconds(), in_quiet = 0, in_all = 0, took, any = 0;
    while (goes_on(from, any)) {
        int counts = slice(clocks, did, &took) >= QUIET && sum(did) > 0;
        slices++;
        quiet += counts;
        in_all += took;
        in_quiet += counts ? took : 0;
        any += sum(did);
        for (int i = 0; i < cpu_count; i++) {
            all[i] += did[i];
            done[i] += counts ? did[i] : 0;
        }
    }
    stop_tasks();
    if (!quiet) memcpy(done, all, many * sizeof *done);
    free(threads), free(processes), free(clocks), free(did), free(all);
    return quiet ? in_quiet : in_all;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Mean of samples without those beyond eight medians: an interrupt came in between. */
MAYBE double typical(double *samples, long n, long *dropped) {
    if (n == 0) return 0;
    qsort(samples, (size_t)n, sizeof *samples, ascending);
    double limit = 8 * samples[n / 2] + 100, sum = 0;
    long kept = 0;
    while (kept < n && samples[kept] <= limit) sum += samples[kept++];
    *dropped = n - kept;
    return sum / (double)kept;
}

/* Print what was measured: operations per second, latency where operations were timed. */
static void report(double took, const double *done) {
    long samples = 0, dropped = 0;
    double share = 1, latency = 0, ghz = 0, all = 0;
    for (int i = 0; i < cpu_count; i++) {
        all += done[i];
        if (workers[i].share < share) share = workers[i].share;
        samples += workers[i].samples;
        dropped += workers[i].dropped;
        latency += workers[i].latency_ns * (double)workers[i].samples;
        ghz += workers[i].ghz / cpu_count;
    }
    if (quiet) share = 1;
    printf("{\"per_second\": %.6g, \"seconds\": %.6f, \"share\": %.4f, \"quiet\": %.4f", all / took,
           took, share, slices ? (double)quiet / slices : 0);
    if (samples)
        printf(", \"latency_ns\": %.6g, \"samples\": %ld, \"dropped\": %ld",
               latency / (double)samples, samples, dropped);
    if (ghz > 0) printf(", \"ghz\": %.4f", ghz);
    printf(", \"each\": [");
    for (int i = 0; i < cpu_count; i++)
        printf("%s%.6g", i ? ", " : "", done[i] / took);
    printf("]}\n");
}

MAYBE int measure(void) {
    double *done = calloc((size_t)cpu_count, sizeof *done);
    if (!done) give_up("memory");
    report(run_threads(done), done);
    free(done);
    return 0;
}
#endif
