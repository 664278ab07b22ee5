//===- output.c - Frames for the host ------------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "kernel.h"

void *memcpy(void *d, const void *s, u64 n) {
  void *r = d;
  __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n)::"memory");
  return r;
}
void *memset(void *d, int c, u64 n) {
  void *r = d;
  __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
  return r;
}
void put(u8 c) {
  outb(0x378, c);
  outb(0x37A, 0x0D);
  outb(0x37A, 0x0C);
}
void putn(const char *s, u64 n) {
  while (n--)
    put(*s++);
}
void puts_(const char *s) { putn(s, slen(s)); }
void putd(u64 v) {
  char b[24];
  int i = 24;
  do
    b[--i] = '0' + v % 10, v /= 10;
  while (v);
  putn(b + i, 24 - i);
}

/* a small buffer for kernel messages, sent as one stderr record */
static char kb[1024];
static u32 kn;
void ks(const char *s) {
  while (*s && kn < sizeof kb)
    kb[kn++] = *s++;
}
void kx(u64 v) {
  ks("0x");
  int i = 60;
  while (i > 0 && !(v >> i & 15))
    i -= 4;
  for (; i >= 0; i -= 4)
    if (kn < sizeof kb)
      kb[kn++] = "0123456789abcdef"[v >> i & 15];
}
void kflush(void) {
  puts_("S 2 ");
  putd(kn);
  put('\n');
  putn(kb, kn);
  put('\n');
  kn = 0;
}

void poweroff(void) {
  puts_("Q\n");
  const char *s = "Shutdown";
  while (*s)
    outb(0x8900, *s++);
  for (;;)
    __asm__ volatile("hlt");
}
