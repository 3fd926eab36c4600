/* Every core reads or writes a working set of its own, over and over: micro/memory_scan.
 *
 * mode=latency: a load from a random line, whose address the load before it gave; one operation is
 * a line. mode=bandwidth, mode=write: a sequential stream; one operation is 4 KiB. bytes= is each
 * core's working set; CPU home_cpu= touches it first, so that it lies on that CPU's node; without
 * it, the core itself does. Large pages are asked for, so that TLB misses stay few.
 */
#include "probe.h"

#define PAGE 4096

static size_t size;
static int mode;
static uint64_t *memory[MAX_CPUS];

/* A random cycle through all lines (Sattolo). */
static void link_lines(uint64_t *base, Random *random) {
    size_t lines = size / 64;
    for (size_t i = 0; i < lines; i++) base[8 * i] = i;
    for (size_t i = lines - 1; i > 0; i--) {
        size_t j = (size_t)(draw(random) % i);
        uint64_t other = base[8 * i];
        base[8 * i] = base[8 * j];
        base[8 * j] = other;
    }
}

static void prepare(Worker *me) {
    long home = number("home_cpu", -1);
    if (home >= 0) pin((int)home);
    uint64_t *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) give_up("memory");
    madvise(base, size, MADV_HUGEPAGE);
    memset(base, 1, size);
    if (mode == 'l') link_lines(base, &me->random);
    memory[me->rank] = base;
}

static void chase(Worker *me) {
    const uint64_t *base = memory[me->rank];
    uint64_t at = 0;
    while (running())
        for (int i = 0; i < 64; i++) {
            at = base[8 * at];
            __asm__ volatile("" : "+r"(at));
            count(me);
        }
}

static void read_page(const uint64_t *page) {
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (int i = 0; i < PAGE / 8; i += 4)
        a ^= page[i], b ^= page[i + 1], c ^= page[i + 2], d ^= page[i + 3];
    a ^= b ^ c ^ d;
    __asm__ volatile("" ::"r"(a) : "memory");
}

static void write_page(uint64_t *page, uint64_t value) {
    for (int i = 0; i < PAGE / 8; i++) page[i] = value;
    __asm__ volatile("" ::"r"(page) : "memory");
}

static void loop(Worker *me) {
    uint64_t *base = memory[me->rank];
    if (mode == 'l') {
        chase(me);
        return;
    }
    while (running())
        for (size_t at = 0; at < size / 8 && running(); at += PAGE / 8) {
            if (mode == 'w')
                write_page(base + at, at);
            else
                read_page(base + at);
            count(me);
        }
}

int main(int argc, char **argv) {
    read_arguments(argc, argv);
    size = (size_t)number("bytes", 64 << 20) / PAGE * PAGE;
    mode = text("mode", "bandwidth")[0];
    if (size < PAGE) give_up("bytes: at least a page is needed");
    return measure();
}
