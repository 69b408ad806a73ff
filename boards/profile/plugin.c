/*
 * QEMU TCG plugin (API version 1): exact execution counts of translation blocks between marks. Each time the
 * guest reaches the address `mark`, the counts since the last mark are written to `out` as S <instructions>
 *     T <address> <instructions of the block> <executions>
 *     F <address of a block that followed it> <how often>
 * The first mark only starts counting. Debian ships no plugin header, so what is used is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t,
                                           void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *), int, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);

/* Which block followed; not by its end, because qemu does not tell the sizes of AVR instructions. */
typedef struct successor {
    uint64_t address, count;
    struct successor *next;
} successor;

typedef struct block {
    uint64_t address, count;
    size_t instructions;
    successor *successors;
    struct block *next;
} block;

static block *blocks;
static block *previous;
static bool counting;
static uint64_t mark;
static FILE *out;

static void write_counts(void) {
    uint64_t total = 0;
    for (block *b = blocks; b != NULL; b = b->next) {
        total += b->count * b->instructions;
    }
    fprintf(out, "S %" PRIu64 "\n", total);
    for (block *b = blocks; b != NULL; b = b->next) {
        if (b->count > 0) {
            fprintf(out, "T %" PRIx64 " %zu %" PRIu64 "\n", b->address, b->instructions, b->count);
            for (const successor *s = b->successors; s != NULL; s = s->next) {
                if (s->count > 0) {
                    fprintf(out, "F %" PRIx64 " %" PRIu64 "\n", s->address, s->count);
                }
            }
        }
    }
    fflush(out);
}

static void *allocate(size_t bytes) {
    void *memory = calloc(1, bytes);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static void count_successor(block *b, uint64_t address) {
    successor *s = b->successors;
    while (s != NULL && s->address != address) {
        s = s->next;
    }
    if (s == NULL) {
        s = allocate(sizeof *s);
        s->address = address;
        s->next = b->successors;
        b->successors = s;
    }
    s->count++;
}

static void executed(unsigned cpu, void *user) {
    block *b = user;
    (void)cpu;
    if (b->address == mark) {
        if (counting) {
            write_counts();
        }
        for (block *each = blocks; each != NULL; each = each->next) {
            each->count = 0;
            for (successor *s = each->successors; s != NULL; s = s->next) {
                s->count = 0;
            }
        }
        counting = true;
        previous = NULL;
        return;
    }
    if (!counting) {
        return;
    }
    b->count++;
    if (previous != NULL) {
        count_successor(previous, b->address);
    }
    previous = b;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    block *b = allocate(sizeof *b);
    (void)id;
    b->address = qemu_plugin_tb_vaddr(tb);
    b->instructions = qemu_plugin_tb_n_insns(tb);
    b->next = blocks;
    blocks = b;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, 0, b);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info,
                                                               int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "mark=", 5) == 0) {
            mark = strtoull(argv[i] + 5, NULL, 16);
        } else if (strncmp(argv[i], "out=", 4) == 0) {
            out = fopen(argv[i] + 4, "w");
        }
    }
    if (out == NULL) {
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
