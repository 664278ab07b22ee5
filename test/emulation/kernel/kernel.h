//===- kernel.h - What the parts of the kernel share ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef KERNEL_H
#define KERNEL_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned u32;
typedef unsigned long u64;
typedef long s64;

#define PACK 0x20000000UL /* optramimage2 */
#define PIE_BASE 0x08000000UL
#define MMAP_LO 0x10000000UL
#define MMAP_HI 0x1D000000UL
#define STACK_TOP 0x1FF00000UL
#define STACK_LO 0x1E000000UL

struct pfile {
  char name[104];
  u64 off, size, flags;
};
struct pjob {
  u32 elf, argc;
  u64 argoff, arglen, res;
};
struct pack {
  char magic[8];
  u32 nfiles, njobs;
  u64 size, sum;
}; /* size: multiple of 8 */

extern char vectors[], excstack_top[], syscall_entry[];
void enter_user(u64, u64) __attribute__((noreturn));
void restart(void (*)(void)) __attribute__((noreturn));

static inline void outb(u16 p, u8 v) {
  __asm__ volatile("outb %0,%1" ::"a"(v), "d"(p));
}
static inline void wrmsr(u32 r, u64 v) {
  __asm__ volatile("wrmsr" ::"c"(r), "a"((u32)v), "d"((u32)(v >> 32)));
}
static inline u64 rdtsc(void) {
  u32 a, d;
  __asm__ volatile("rdtsc" : "=a"(a), "=d"(d));
  return a | (u64)d << 32;
}
static inline u64 xgetbv(void) {
  u32 a, d;
  __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return a | (u64)d << 32;
}

void *memcpy(void *, const void *, u64);
void *memset(void *, int, u64);
static inline u64 slen(const char *s) {
  u64 n = 0;
  while (s[n])
    n++;
  return n;
}
static inline int seq(const char *a, const char *b) {
  while (*a && *a == *b)
    a++, b++;
  return *a == *b;
}
static inline void zero(u64 a, u64 n) {
  u64 q = n / 8;
  void *p = (void *)a;
  __asm__ volatile("rep stosq" : "+D"(p), "+c"(q) : "a"(0UL) : "memory");
  memset(p, 0, n & 7);
}

// output.c: frames for the host on the parallel port; ks and kx collect a
// message that kflush sends as stderr.
void put(u8 c);
void putn(const char *s, u64 n);
void puts_(const char *s);
void putd(u64 v);
void ks(const char *s);
void kx(u64 v);
void kflush(void);
void poweroff(void) __attribute__((noreturn));

// system_calls.c
struct fd {
  int used, wr;
  u32 file;
  u64 pos;
  u32 id;
};
extern struct fd fds[64];
extern u64 brk0, brkcur, brkdirty, mm, ncalls;
u64 do_syscall(u64 nr, u64 *a);

// kernel.c
extern struct pack *pk;
extern struct pfile *pf;
void finish(u64 status) __attribute__((noreturn));

#endif
