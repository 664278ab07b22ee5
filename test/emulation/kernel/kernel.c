//===- kernel.c - Runs static programs inside Bochs ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs static x86-64 Linux programs (ELF), one after the other, in ring 0 on an
// identity map and serves the system calls that a C program without threads
// needs. No interrupts; output through the parallel port, power off through
// port 0x8900.

#include "kernel.h"

struct pack *pk;
struct pfile *pf;
static struct pjob *pj;
static u32 cur;
static u64 t0;

static void next_job(void) __attribute__((noreturn));
void finish(u64 status) {
  u64 t = rdtsc();
  puts_("E ");
  putd(cur);
  put(' ');
  putd(status);
  put(' ');
  putd(t - t0);
  put(' ');
  putd(ncalls);
  put('\n');
  cur++;
  restart(next_job);
}

struct frame {
  u64 r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax,
      vec, err, rip, cs, flags, rsp, ss;
};
static int readable(u64 a) { return a >= 0x1000 && a < 0x40000000UL; }
void do_exception(struct frame *f) {
  u64 cr2;
  __asm__ volatile("mov %%cr2,%0" : "=r"(cr2));
  static const char *const nm[] = {
      "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "?9",
      "#TS", "#NP", "#SS", "#GP", "#PF", "?15", "#MF", "#AC", "#MC", "#XM"};
  ks("bxkernel: exception ");
  if (f->vec < 20)
    ks(nm[f->vec]);
  else
    kx(f->vec);
  ks(" err ");
  kx(f->err);
  ks(" rip ");
  kx(f->rip);
  ks(" rsp ");
  kx(f->rsp);
  ks(" cr2 ");
  kx(cr2);
  ks("\n  rax ");
  kx(f->rax);
  ks(" rbx ");
  kx(f->rbx);
  ks(" rcx ");
  kx(f->rcx);
  ks(" rdx ");
  kx(f->rdx);
  ks("\n  rsi ");
  kx(f->rsi);
  ks(" rdi ");
  kx(f->rdi);
  ks(" rbp ");
  kx(f->rbp);
  ks(" r8 ");
  kx(f->r8);
  ks("\n  bytes at rip:");
  if (readable(f->rip))
    for (int i = 0; i < 15; i++) {
      u8 b = ((u8 *)f->rip)[i];
      char t[4] = {' ', "0123456789abcdef"[b >> 4], "0123456789abcdef"[b & 15],
                   0};
      ks(t);
    }
  ks("\n");
  kflush();
  /* the code a shell would report: SIGILL 132, SIGSEGV 139, SIGFPE 136, SIGTRAP
   * 133 */
  finish(f->vec == 6                                   ? 132
         : f->vec == 3 || f->vec == 1                  ? 133
         : f->vec == 0 || f->vec == 16 || f->vec == 19 ? 136
                                                       : 139);
}

// --- programs ---

struct eh {
  u8 id[16];
  u16 type, mach;
  u32 ver;
  u64 entry, phoff, shoff;
  u32 flags;
  u16 ehsize, phentsize, phnum, x, y, z;
};
struct ph {
  u32 type, flags;
  u64 off, va, pa, filesz, memsz, align;
};

static void fail(const char *m) {
  ks("bxkernel: ");
  ks(m);
  ks("\n");
  kflush();
  finish(126);
}

static void next_job(void) {
  if (cur >= pk->njobs)
    poweroff();
  struct pjob *j = &pj[cur];
  ncalls = 0;
  for (int i = 3; i < 64; i++)
    fds[i].used = 0;
  puts_("J ");
  putd(cur);
  put('\n');
  t0 = rdtsc();
  u8 *img = (u8 *)(PACK + pf[j->elf].off);
  struct eh *e = (struct eh *)img;
  if (*(u32 *)e->id != 0x464C457F || e->id[4] != 2 || e->mach != 62)
    fail("not an x86-64 ELF file");
  u64 base = e->type == 3 ? PIE_BASE : 0, hi = 0, phaddr = 0;
  struct ph *p = (struct ph *)(img + e->phoff);
  for (u32 i = 0; i < e->phnum; i++) {
    if (p[i].type == 3)
      fail("dynamically linked program: link with -static");
    if (p[i].type == 6)
      phaddr = base + p[i].va;
    if (p[i].type != 1)
      continue;
    u64 va = base + p[i].va;
    if (va < 0x200000 || va + p[i].memsz > MMAP_LO)
      fail("ELF segment outside 2 MiB .. 256 MiB");
    memcpy((void *)va, img + p[i].off, p[i].filesz);
    zero(va + p[i].filesz, p[i].memsz - p[i].filesz);
    if (!phaddr && p[i].off == 0)
      phaddr = va + e->phoff;
    if (va + p[i].memsz > hi)
      hi = va + p[i].memsz;
  }
  brk0 = brkcur = (hi + 4095) & ~4095UL;
  static u64 brkmax;
  if (brkmax < brkdirty)
    brkmax = brkdirty;
  if (brkmax < brk0)
    brkmax = brk0;
  brkdirty = brkmax; /* everything below was used by an earlier job */
  mm = MMAP_LO;
  wrmsr(0xC0000100, 0);
  /* initial stack: strings, then argc argv envp auxv */
  u64 s = STACK_TOP;
  s -= j->arglen;
  memcpy((void *)s, (void *)(PACK + j->argoff), j->arglen);
  u64 args = s;
  s -= 16;
  u64 rnd = s;
  for (int i = 0; i < 16; i++)
    ((u8 *)s)[i] = (u8)(i * 37 + 11);
  s -= 16;
  memcpy((void *)s, "/prog", 6);
  u64 exe = s;
  s -= 16;
  memcpy((void *)s, "LC_ALL=C", 9);
  u64 env = s;
  s &= ~63UL;
  u64 v[128];
  u32 n = 0;
  v[n++] = j->argc;
  char *q = (char *)args;
  for (u32 i = 0; i < j->argc && n < 90; i++) {
    v[n++] = (u64)q;
    q += slen(q) + 1;
  }
  v[n++] = 0;
  v[n++] = env;
  v[n++] = 0;
#define AUX(k, x) (v[n++] = (k), v[n++] = (x))
  AUX(3, phaddr);
  AUX(4, 56);
  AUX(5, e->phnum);
  AUX(6, 4096);
  AUX(7, 0);
  AUX(8, 0);
  AUX(9, base + e->entry);
  AUX(11, 0);
  AUX(12, 0);
  AUX(13, 0);
  AUX(14, 0);
  AUX(16, 0);
  AUX(17, 100);
  AUX(23, 0);
  AUX(25, rnd);
  AUX(31, exe);
  AUX(51, 16384);
  AUX(0, 0);
  s -= (n * 8 + 15) & ~15UL;
  memcpy((void *)s, v, n * 8);
  /* clean vector and FPU state; XRSTOR of an all-zero header = initial state */
  static u8 xs[16384] __attribute__((aligned(64)));
  *(u16 *)xs = 0x37F;
  *(u32 *)(xs + 24) = 0x1F80;
  __asm__ volatile("xrstor64 (%0)" ::"r"(xs), "a"(~0u), "d"(~0u) : "memory");
  enter_user(base + e->entry, s);
}

// --- start ---

static u64 gdt[8] __attribute__((aligned(16)));
static u64 idt[64] __attribute__((aligned(16)));
static u8 tss[104] __attribute__((aligned(16)));

void kmain(void) {
  gdt[1] = 0x00CF9A000000FFFF;
  gdt[2] = 0x00CF92000000FFFF;
  gdt[3] = 0x00AF9A000000FFFF;
  gdt[4] = 0x00CF92000000FFFF;
  u64 t = (u64)tss;
  gdt[5] = 103 | (t & 0xFFFFFF) << 16 | 0x89UL << 40 | (t >> 24 & 255) << 56;
  gdt[6] = t >> 32;
  *(u64 *)(tss + 36) = (u64)excstack_top; /* IST1 */
  *(u16 *)(tss + 102) = 104;
  struct __attribute__((packed)) {
    u16 l;
    u64 b;
  } d = {sizeof gdt - 1, (u64)gdt};
  __asm__ volatile("lgdt %0" ::"m"(d));
  __asm__ volatile("ltr %w0" ::"r"(0x28));
  for (int i = 0; i < 32; i++) {
    u64 h = (u64)vectors + 16 * i;
    idt[2 * i] = (h & 0xFFFF) | 0x18UL << 16 | 1UL << 32 | 0x8EUL << 40 |
                 (h >> 16 & 0xFFFF) << 48;
    idt[2 * i + 1] = h >> 32;
  }
  d.l = sizeof idt - 1;
  d.b = (u64)idt;
  __asm__ volatile("lidt %0" ::"m"(d));
  wrmsr(0xC0000081, 0x18UL << 32 | 0x10UL << 48); /* STAR: CS 18, SS 20 */
  wrmsr(0xC0000082, (u64)syscall_entry);
  wrmsr(0xC0000084, 0x47700);
  pk = (struct pack *)PACK;
  pf = (struct pfile *)(PACK + sizeof *pk);
  puts_("B ");
  putd(xgetbv());
  put('\n');
  if (!seq(pk->magic, "BXPACK1")) {
    ks("bxkernel: no pack at 512 MiB\n");
    kflush();
    poweroff();
  }
  pj = (struct pjob *)(pf + pk->nfiles);
  u64 sum = 0;
  for (u64 i = 4; i < pk->size / 8; i += 64)
    sum = (sum << 1 | sum >> 63) ^ ((u64 *)pk)[i];
  if (sum != pk->sum) {
    ks("bxkernel: the pack did not arrive whole\n");
    kflush();
    poweroff();
  }
  next_job();
}
