//===- system_calls.c - What a C program without threads asks ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "kernel.h"

struct fd fds[64];
u64 brk0, brkcur, brkdirty, mm, ncalls;
static u64 mmdirty;
static u32 nextid;

#define ERR(n) ((u64) - (n))
enum {
  ENOENT = 2,
  EBADF = 9,
  ENOMEM = 12,
  EINVAL = 22,
  ENOTTY = 25,
  ENOSYS = 38,
  EFAULT = 14,
  EMFILE = 24
};

static u64 do_mmap(u64 addr, u64 len, u64 flags, s64 fd, u64 off) {
  len = (len + 4095) & ~4095UL;
  if (!len)
    return ERR(EINVAL);
  u64 a;
  if (flags & 0x10)
    a = addr; /* MAP_FIXED: memory is all mapped anyway */
  else {
    a = mm;
    if (a + len > MMAP_HI)
      return ERR(ENOMEM);
    mm += len;
  }
  if (flags & 0x10)
    zero(a, len);
  else {
    if (a < mmdirty)
      zero(a, (a + len < mmdirty ? a + len : mmdirty) - a);
    if (a + len > mmdirty)
      mmdirty = a + len;
  }
  if (!(flags & 0x20) && fd >= 3 && fd < 64 && fds[fd].used && !fds[fd].wr) {
    struct pfile *p = &pf[fds[fd].file];
    if (off < p->size)
      memcpy((void *)a, (void *)(PACK + p->off + off),
             p->size - off < len ? p->size - off : len);
  }
  return a;
}

static s64 lookup(const char *n) {
  while (n[0] == '.' && n[1] == '/')
    n += 2;
  for (u32 i = 0; i < pk->nfiles; i++)
    if (seq(pf[i].name, n))
      return i;
  return -1;
}

static u64 do_open(const char *n, u64 flags) {
  int fd = 3;
  while (fd < 64 && fds[fd].used)
    fd++;
  if (fd == 64)
    return ERR(EMFILE);
  if (flags & 3) {
    fds[fd] = (struct fd){1, 1, 0, 0, nextid++};
    puts_("O ");
    putd(fds[fd].id);
    put(' ');
    puts_(n);
    put('\n');
    return fd;
  }
  s64 i = lookup(n);
  if (i < 0)
    return ERR(ENOENT);
  fds[fd] = (struct fd){1, 0, (u32)i, 0, 0};
  return fd;
}

static u64 do_write(u64 fd, const char *p, u64 n) {
  if (fd == 1 || fd == 2) {
    puts_("S ");
    putd(fd);
  } else if (fd < 64 && fds[fd].used && fds[fd].wr) {
    puts_("D ");
    putd(fds[fd].id);
    fds[fd].pos += n;
  } else
    return ERR(EBADF);
  put(' ');
  putd(n);
  put('\n');
  putn(p, n);
  put('\n');
  return n;
}

static u64 do_stat(u8 *st, s64 file) {
  zero((u64)st, 144);
  *(u64 *)(st + 16) = 1; /* nlink */
  *(u32 *)(st + 24) =
      file >= 0 ? 0100644 : 0020620; /* mode: file or char device */
  *(u64 *)(st + 48) = file >= 0 ? pf[file].size : 0;
  *(u64 *)(st + 56) = 4096;
  return 0;
}

u64 do_syscall(u64 nr, u64 *a) {
  ncalls++;
  switch (nr) {
  case 0:
  case 17: { /* read, pread64 */
    if (a[0] == 0)
      return 0;
    if (a[0] >= 64 || !fds[a[0]].used || fds[a[0]].wr)
      return ERR(EBADF);
    struct fd *f = &fds[a[0]];
    struct pfile *p = &pf[f->file];
    u64 pos = nr == 17 ? a[3] : f->pos;
    u64 n = pos >= p->size ? 0 : p->size - pos;
    if (n > a[2])
      n = a[2];
    memcpy((void *)a[1], (void *)(PACK + p->off + pos), n);
    if (nr == 0)
      f->pos += n;
    return n;
  }
  case 1:
    return do_write(a[0], (char *)a[1], a[2]);
  case 20: {
    u64 t = 0, *v = (u64 *)a[1];
    for (u64 i = 0; i < a[2]; i++) {
      if (v[2 * i + 1]) {
        u64 r = do_write(a[0], (char *)v[2 * i], v[2 * i + 1]);
        if ((s64)r < 0)
          return r;
        t += r;
      }
    }
    return t;
  }
  case 19: {
    u64 t = 0, *v = (u64 *)a[1];
    for (u64 i = 0; i < a[2]; i++) {
      u64 b[3] = {a[0], v[2 * i], v[2 * i + 1]};
      u64 r = do_syscall(0, b);
      if ((s64)r < 0)
        return r;
      t += r;
      if (r < b[2])
        break;
    }
    return t;
  }
  case 2:
    return do_open((char *)a[0], a[1]);
  case 257:
    return do_open((char *)a[1], a[2]);
  case 3:
    if (a[0] < 3)
      return 0;
    if (a[0] >= 64 || !fds[a[0]].used)
      return ERR(EBADF);
    fds[a[0]].used = 0;
    return 0;
  case 5:
    if (a[0] < 3)
      return do_stat((u8 *)a[1], -1);
    if (a[0] >= 64 || !fds[a[0]].used)
      return ERR(EBADF);
    return do_stat((u8 *)a[1], fds[a[0]].wr ? -1 : (s64)fds[a[0]].file);
  case 4:
  case 6: {
    s64 i = lookup((char *)a[0]);
    return i < 0 ? ERR(ENOENT) : do_stat((u8 *)a[1], i);
  }
  case 262:
    if (!*(char *)a[1]) {
      u64 b[2] = {a[0], a[2]};
      return do_syscall(5, b);
    } else {
      s64 i = lookup((char *)a[1]);
      return i < 0 ? ERR(ENOENT) : do_stat((u8 *)a[2], i);
    }
  case 8:
    if (a[0] < 3 || a[0] >= 64 || !fds[a[0]].used)
      return ERR(EBADF);
    {
      struct fd *f = &fds[a[0]];
      f->pos = a[2] == 0   ? a[1]
               : a[2] == 1 ? f->pos + a[1]
                           : pf[f->file].size + a[1];
      return f->pos;
    }
  case 9:
    return do_mmap(a[0], a[1], a[3], (s64)(int)a[4], a[5]);
  case 11: {
    u64 l = (a[1] + 4095) & ~4095UL;
    if (a[0] + l == mm)
      mm = a[0];
    return 0;
  }
  case 25: {
    u64 o = (a[1] + 4095) & ~4095UL, n = (a[2] + 4095) & ~4095UL; /* mremap */
    if (n <= o)
      return a[0];
    if (a[0] + o == mm && a[0] + n <= MMAP_HI) {
      u64 r = do_mmap(0, n - o, 0x22, -1, 0);
      return (s64)r < 0 && (s64)r > -4096 ? r : a[0];
    }
    u64 r = do_mmap(0, n, 0x22, -1, 0);
    if ((s64)r < 0 && (s64)r > -4096)
      return r;
    memcpy((void *)r, (void *)a[0], o);
    return r;
  }
  case 10:
  case 28:
  case 26:
    return 0; /* mprotect, madvise, msync */
  case 12:
    if (a[0] >= brk0 && a[0] <= MMAP_LO) {
      if (a[0] > brkcur) {
        u64 d = a[0] < brkdirty ? a[0] : brkdirty;
        if (d > brkcur)
          zero(brkcur, d - brkcur);
        if (a[0] > brkdirty)
          brkdirty = a[0];
      } else
        zero(a[0], brkcur - a[0]);
      brkcur = a[0];
    }
    return brkcur;
  case 13:
  case 14:
  case 131:
    return 0; /* signals: accepted, never delivered */
  case 16:
    return ERR(ENOTTY);
  case 21:
  case 269:
  case 439:
    return lookup((char *)a[nr == 21 ? 0 : 1]) < 0 ? ERR(ENOENT) : 0;
  case 24:
    return 0;
  case 39:
  case 186:
  case 110:
    return 100;
  case 102:
  case 104:
  case 107:
  case 108:
    return 0;
  case 60:
  case 231:
    finish(a[0] & 255);
  case 62:
    finish(128 + a[1]);
  case 200:
    finish(128 + a[1]);
  case 234:
    finish(128 + a[2]);
  case 63: {
    char *u = (char *)a[0];
    zero(a[0], 390);
    memcpy(u, "Linux", 6);
    memcpy(u + 65, "bochs", 6);
    memcpy(u + 130, "6.1.0-bx", 9);
    memcpy(u + 195, "#1", 3);
    memcpy(u + 260, "x86_64", 7);
    return 0;
  }
  case 79:
    ((char *)a[0])[0] = '/';
    ((char *)a[0])[1] = 0;
    return 2;
  case 89:
  case 267: {
    const char *r = "/prog";
    memcpy((void *)a[nr == 89 ? 1 : 2], r, 5);
    return 5;
  }
  case 96: {
    u64 t = rdtsc();
    u64 *v = (u64 *)a[0];
    v[0] = t / 1000000000;
    v[1] = t % 1000000000 / 1000;
    return 0;
  }
  case 201:
    return rdtsc() / 1000000000;
  case 228: {
    u64 t = rdtsc();
    u64 *v = (u64 *)a[1];
    v[0] = t / 1000000000;
    v[1] = t % 1000000000;
    return 0;
  }
  case 229: {
    u64 *v = (u64 *)a[1];
    if (v)
      v[0] = 0, v[1] = 1;
    return 0;
  }
  case 35:
  case 230:
    return 0;
  case 98:
    zero(a[1], 144);
    return 0;
  case 97:
  case 302: {
    u64 *v = (u64 *)(nr == 97 ? a[1] : a[3]);
    if (v) {
      v[0] = a[nr == 97 ? 0 : 1] == 3 ? STACK_TOP - STACK_LO : ~0UL;
      v[1] = v[0];
    }
    return 0;
  }
  case 158:
    switch (a[0]) {
    case 0x1002:
      wrmsr(0xC0000100, a[1]);
      return 0;
    case 0x1001:
      wrmsr(0xC0000101, a[1]);
      return 0;
    case 0x1021:
    case 0x1022:
      *(u64 *)a[1] = xgetbv();
      return 0;
    case 0x1023:
      return xgetbv() >> a[1] & 1 ? 0 : ERR(EINVAL); /* AMX permission */
    default:
      return ERR(EINVAL);
    }
  case 202:
    return 0;
  case 203:
    return 0;
  case 204:
    zero(a[2], a[1]);
    *(u8 *)a[2] = 1;
    return 8; /* one CPU */
  case 218:
    return 100;
  case 273:
    return 0;
  case 318: {
    static u64 s = 88172645463325252UL;
    u8 *p = (u8 *)a[0];
    for (u64 i = 0; i < a[1]; i++) {
      s ^= s << 13;
      s ^= s >> 7;
      s ^= s << 17;
      p[i] = (u8)s;
    }
    return a[1];
  }
  case 334:
    return ERR(ENOSYS); /* rseq */
  default:
    ks("bxkernel: system call ");
    char t[24];
    int i = 23;
    t[i] = 0;
    u64 v = nr;
    do
      t[--i] = '0' + v % 10, v /= 10;
    while (v);
    ks(t + i);
    ks(" not served\n");
    kflush();
    return ERR(ENOSYS);
  }
}
