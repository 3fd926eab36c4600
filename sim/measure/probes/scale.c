/* Every task repeats one thing that the kernel does for it: scale/... on the machine itself.
 *
 * program=page_fault1: map a piece of bytes= of fresh memory, write to each of its pages, unmap it;
 * one operation is one page. program=malloc1: malloc() such a piece, free() it. program=signal1:
 * raise() a signal whose handler does nothing. tasks=threads: of one process; tasks=processes: a
 * process on each CPU. That is what the programs of will-it-scale do that have these names, in our
 * own code. Large pages are off: the model's pages are of 4 KiB.
 */
#include "probe.h"

#include <signal.h>
#include <sys/prctl.h>

static size_t size, page;

static void prepare(Worker *me) { (void)me; }

static void fault_pages(Worker *me) {
    while (running()) {
        char *piece = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (piece == MAP_FAILED) give_up("memory");
        for (size_t at = 0; at < size && running(); at += page) {
            *(volatile char *)(piece + at) = 1;
            count(me);
        }
        munmap(piece, size);
    }
}

static void allocate(Worker *me) {
    while (running()) {
        char *piece = malloc(size);
        if (!piece) give_up("memory");
        __asm__ volatile("" : "+r"(piece)); /* or the compiler leaves both calls out */
        free(piece);
        count(me);
    }
}

static void handle(int number) { (void)number; }

static void signal_itself(Worker *me) {
    while (running()) {
        raise(SIGUSR1);
        count(me);
    }
}

static void loop(Worker *me) {
    if (is("program", "page_fault1"))
        fault_pages(me);
    else if (is("program", "malloc1"))
        allocate(me);
    else
        signal_itself(me);
}

int main(int argc, char **argv) {
    read_arguments(argc, argv);
    size = (size_t)number("bytes", 128 << 20);
    page = (size_t)sysconf(_SC_PAGESIZE);
    if (!is("program", "page_fault1") && !is("program", "malloc1") && !is("program", "signal1"))
        give_up("program: page_fault1, malloc1 or signal1");
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    signal(SIGUSR1, handle);
    return measure();
}
