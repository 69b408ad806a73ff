/*
 * QEMU TCG plugin (API version 1): exact execution counts of translation blocks between marks. Each time the
 * guest reaches the address `mark`, the counts since the last mark are written to `out` as S <instructions>
 *     T <address> <instructions of the block> <executions> <times it was reached by a taken branch>
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
struct qemu_plugin_insn;

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t,
                                           void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *), int, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);

typedef struct block {
    uint64_t address, end, count, taken;
    size_t instructions;
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
            fprintf(out, "T %" PRIx64 " %zu %" PRIu64 " %" PRIu64 "\n", b->address, b->instructions, b->count,
                    b->taken);
        }
    }
    fflush(out);
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
            each->taken = 0;
        }
        counting = true;
        previous = NULL;
        return;
    }
    if (!counting) {
        return;
    }
    b->count++;
    if (previous != NULL && previous->end != b->address) {
        previous->taken++;
    }
    previous = b;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    block *b = calloc(1, sizeof *b);
    (void)id;
    if (b == NULL) {
        abort();
    }
    b->address = qemu_plugin_tb_vaddr(tb);
    b->instructions = qemu_plugin_tb_n_insns(tb);
    const struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, b->instructions - 1);
    b->end = qemu_plugin_insn_vaddr(last) + qemu_plugin_insn_size(last);
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
