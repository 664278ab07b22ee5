//===- vnniemu.c - AVX-VNNI and AVX-VNNI-INT8 on CPUs that lack them ------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Link it into a program for x86-64 Linux, compiled with -mno-avx. The first
// time that the CPU refuses a dot product of bytes with a VEX prefix
//
//   66.0F38.W0       50 vpdpbusd  51 vpdpbusds
//   F2/F3/NP.0F38.W0 50/51 vpdpbssd(s), vpdpbsud(s), vpdpbuud(s)
//
// (xmm and ymm, every form of operand), the handler of SIGILL computes it on
// the registers in the signal frame and overwrites the instruction, which has
// at least five bytes, with a jump to a stub; from then on it costs a call. A
// CPU that has the instructions never comes here.
//
// VNNIEMU_STATS=1 prints the number of emulated instructions at the end;
// VNNIEMU_NOPATCH=1 takes the signal every time, as code with several threads
// needs it: the jump is not written in one piece.
//
// Registers: xmm0 to 15 in the FXSAVE part of the XSAVE image, their upper
// halves at CPUID(0Dh, 2).EBX; the kernel uses this format in every frame.
//
//===----------------------------------------------------------------------===//

#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static uint32_t upperHalves;
static __thread int64_t ripOffset; // Of a copied instruction to its original.
static unsigned long long countVnni, countInt8;
static struct sigaction previous;

struct Instruction {
  const uint8_t *next; // Byte to decode.
  int x, b, r;         // VEX.X, .B, .R as 0 or 8.
  int vvvv, is256, pp, map, w, opcode, modrm;
  int segment; // 0, 0x64 or 0x65.
  int is32;    // Addresses have 32 bits.
};

// --- operands --------------------------------------------------------------

static greg_t *generalRegister(ucontext_t *u, int number) {
  static const int map[16] = {
      REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
      REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  return &u->uc_mcontext.gregs[map[number]];
}

// %fs:0 holds its own address in the x86-64 ABI; FSGSBASE is not assumed.
static uint64_t segmentBase(int segment) {
  uint64_t base = 0;
  if (segment == 0x64)
    __asm__("movq %%fs:0,%0" : "=r"(base));
  return base;
}

static uint64_t readDisplacement(struct Instruction *i, int bytes) {
  int32_t wide;
  int8_t narrow;
  memcpy(&wide, i->next, 4);
  memcpy(&narrow, i->next, 1);
  i->next += bytes;
  return (uint64_t)(int64_t)(bytes == 1 ? narrow : wide);
}

// Decodes the memory operand behind the ModRM byte.
static uint64_t decodeAddress(struct Instruction *i, ucontext_t *u) {
  int mod = i->modrm >> 6, rm = i->modrm & 7;
  uint64_t address;
  if (rm == 4) {
    int sib = *i->next++, index = (sib >> 3 & 7) | i->x, base = sib & 7;
    address = base == 5 && mod == 0
                  ? readDisplacement(i, 4)
                  : (uint64_t)*generalRegister(u, base | i->b);
    if (index != 4)
      address += (uint64_t)*generalRegister(u, index) << (sib >> 6);
  } else if (rm == 5 && mod == 0) {
    uint64_t displacement = readDisplacement(i, 4);
    address = (uint64_t)i->next + displacement + (uint64_t)ripOffset;
  } else {
    address = (uint64_t)*generalRegister(u, rm | i->b);
  }
  if (mod == 1 || mod == 2)
    address += readDisplacement(i, mod == 1 ? 1 : 4);
  if (i->is32)
    address = (uint32_t)address;
  return address + segmentBase(i->segment);
}

static void readVector(const uint8_t *xsave, int number, uint8_t *value) {
  memcpy(value, xsave + 160 + 16 * number, 16);
  memcpy(value + 16, xsave + upperHalves + 16 * number, 16);
}

static void writeVector(uint8_t *xsave, int number, const uint8_t *value) {
  memcpy(xsave + 160 + 16 * number, value, 16);
  memcpy(xsave + upperHalves + 16 * number, value + 16, 16);
  xsave[512] |= 6; // The SSE and AVX parts are in use.
}

// --- arithmetic ------------------------------------------------------------

static uint32_t saturate(int64_t sum, int isUnsigned) {
  int64_t low = isUnsigned ? 0 : INT32_MIN;
  int64_t high = isUnsigned ? UINT32_MAX : INT32_MAX;
  return (uint32_t)(sum < low ? low : sum > high ? high : sum);
}

// Four products; the first operand is unsigned if `au`, the second if `bu`.
static uint32_t dot(uint32_t c, const uint8_t *a, const uint8_t *b, int au,
                    int bu, int saturates) {
  int64_t sum = 0;
  for (int k = 0; k < 4; ++k)
    sum += (int64_t)(au ? a[k] : (int8_t)a[k]) * (bu ? b[k] : (int8_t)b[k]);
  if (!saturates)
    return c + (uint32_t)sum;
  return saturate((au && bu ? (int64_t)c : (int64_t)(int32_t)c) + sum,
                  au && bu);
}

static void executeDot(struct Instruction *i, ucontext_t *u) {
  uint8_t *xsave = (uint8_t *)u->uc_mcontext.fpregs;
  int size = i->is256 ? 32 : 16, target = (i->modrm >> 3 & 7) | i->r;
  int au = i->pp < 2, bu = i->pp == 0 || i->pp == 2;
  uint8_t a[32], b[32], c[32];
  readVector(xsave, target, c);
  readVector(xsave, i->vvvv, a);
  if (i->modrm >> 6 == 3)
    readVector(xsave, (i->modrm & 7) | i->b, b);
  else
    memcpy(b, (const void *)decodeAddress(i, u), size);
  for (int k = 0; k < size; k += 4) {
    uint32_t sum;
    memcpy(&sum, c + k, 4);
    sum = dot(sum, a + k, b + k, au, bu, i->opcode & 1);
    memcpy(c + k, &sum, 4);
  }
  if (size == 16)
    memset(c + 16, 0, 16);
  writeVector(xsave, target, c);
  ++*(i->pp == 1 ? &countVnni : &countInt8);
}

// Emulates the instruction at `code`; returns the next one, or null.
static const uint8_t *emulate(const uint8_t *code, ucontext_t *u) {
  struct Instruction i;
  memset(&i, 0, sizeof i);
  for (;; ++code) { // Prefixes that may stand before VEX.
    if (*code == 0x64 || *code == 0x65)
      i.segment = *code;
    else if (*code == 0x67)
      i.is32 = 1;
    else if (*code != 0x2E && *code != 0x3E && *code != 0x26 && *code != 0x36)
      break;
  }
  if (code[0] != 0xC4) // The map 0F38 needs the prefix of three bytes.
    return 0;
  i.r = code[1] & 0x80 ? 0 : 8;
  i.x = code[1] & 0x40 ? 0 : 8;
  i.b = code[1] & 0x20 ? 0 : 8;
  i.map = code[1] & 31;
  i.w = code[2] >> 7;
  i.vvvv = ~code[2] >> 3 & 15;
  i.is256 = code[2] >> 2 & 1;
  i.pp = code[2] & 3;
  i.opcode = code[3];
  i.modrm = code[4];
  i.next = code + 5;
  if (i.map != 2 || i.w || i.segment == 0x65 ||
      (i.opcode != 0x50 && i.opcode != 0x51))
    return 0;
  executeDot(&i, u);
  return i.next;
}

// --- patched instructions --------------------------------------------------

struct Registers {
  uint64_t general[16]; // In the order of ModRM.
};
struct Site {
  const uint8_t *original;
  uint8_t copy[16];
};
enum { MaxSites = 16384, StubSize = 64 };
static struct Site *sites;
static int numSites, patchesOff;
static uint8_t *stubs;

// Called by the assembly below.
__attribute__((used)) static void runSite(struct Registers *registers,
                                          uint8_t *xsave, struct Site *site) {
  ucontext_t u; // Only what the emulator reads is set.
  u.uc_mcontext.fpregs = (void *)xsave;
  for (int k = 0; k < 16; ++k)
    *generalRegister(&u, k) = (greg_t)registers->general[k];
  ripOffset = site->original - site->copy;
  emulate(site->copy, &u);
  ripOffset = 0;
}

// Here rsp is 144 below that of the program (128 are its red zone), (%rsp) is
// the site and 8(%rsp) where to go on.
extern char vnniemuCommon[];
__asm__("        .text\n        .p2align 4\nvnniemuCommon:\n"
        "        pushfq\n        subq $128, %rsp\n"
        "        movq %rax, 0(%rsp)\n        movq %rcx, 8(%rsp)\n"
        "        movq %rdx, 16(%rsp)\n        movq %rbx, 24(%rsp)\n"
        "        leaq 280(%rsp), %rax\n        movq %rax, 32(%rsp)\n"
        "        movq %rbp, 40(%rsp)\n        movq %rsi, 48(%rsp)\n"
        "        movq %rdi, 56(%rsp)\n        movq %r8, 64(%rsp)\n"
        "        movq %r9, 72(%rsp)\n        movq %r10, 80(%rsp)\n"
        "        movq %r11, 88(%rsp)\n        movq %r12, 96(%rsp)\n"
        "        movq %r13, 104(%rsp)\n        movq %r14, 112(%rsp)\n"
        "        movq %r15, 120(%rsp)\n"
        "        movq %rsp, %rbx\n        cld\n"
        "        movq 136(%rbx), %rdx\n"
        "        subq $1024, %rsp\n        andq $-64, %rsp\n"
        "        .irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        "        vmovdqu %xmm\\n, 160+16*\\n(%rsp)\n"
        "        vextracti128 $1, %ymm\\n, 576+16*\\n(%rsp)\n"
        "        .endr\n"
        "        movq $0, 512(%rsp)\n"
        "        movq %rbx, %rdi\n        movq %rsp, %rsi\n"
        "        vzeroupper\n        call runSite\n"
        "        .irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        "        vmovdqu 160+16*\\n(%rsp), %xmm\\n\n"
        "        vinserti128 $1, 576+16*\\n(%rsp), %ymm\\n, %ymm\\n\n"
        "        .endr\n"
        "        movq %rbx, %rsp\n"
        "        movq 0(%rsp), %rax\n        movq 8(%rsp), %rcx\n"
        "        movq 16(%rsp), %rdx\n        movq 24(%rsp), %rbx\n"
        "        movq 48(%rsp), %rsi\n        movq 56(%rsp), %rdi\n"
        "        movq 40(%rsp), %rbp\n        movq 64(%rsp), %r8\n"
        "        movq 72(%rsp), %r9\n        movq 80(%rsp), %r10\n"
        "        movq 88(%rsp), %r11\n        movq 96(%rsp), %r12\n"
        "        movq 104(%rsp), %r13\n        movq 112(%rsp), %r14\n"
        "        movq 120(%rsp), %r15\n"
        "        addq $128, %rsp\n        popfq\n        leaq 8(%rsp), %rsp\n"
        "        ret $128\n");

// Memory for stubs within 2 GiB of the code.
static void mapStubs(const uint8_t *code) {
  const int fixedNoReplace = 0x100000;
  for (int64_t at = 1 << 24; at < 0x70000000 && !stubs; at += 1 << 24)
    for (int sign = -1; sign <= 1 && !stubs; sign += 2) {
      uint8_t *want =
          (uint8_t *)(((uint64_t)code & ~0xFFFUL) + (uint64_t)(sign * at));
      void *got =
          mmap(want, MaxSites * StubSize, PROT_READ | PROT_WRITE | PROT_EXEC,
               MAP_PRIVATE | MAP_ANONYMOUS | fixedNoReplace, -1, 0);
      if (got == want)
        stubs = got;
      else if (got != MAP_FAILED)
        munmap(got, MaxSites * StubSize);
    }
  sites = mmap(0, MaxSites * sizeof *sites, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!stubs || sites == MAP_FAILED)
    patchesOff = 1;
}

// A push or jmp of three words that stand 40, 48 and 56 bytes into the stub.
static uint8_t *writeIndirect(uint8_t *to, const uint8_t *stub, int opcode,
                              int at, uint64_t value) {
  int32_t displacement = (int32_t)(stub + at - (to + 6));
  to[0] = 0xFF;
  to[1] = (uint8_t)opcode;
  memcpy(to + 2, &displacement, 4);
  memcpy((uint8_t *)stub + at, &value, 8);
  return to + 6;
}

static void patch(const uint8_t *code, int length) {
  if (!patchesOff && !sites)
    mapStubs(code);
  if (patchesOff || numSites == MaxSites || length < 5 || length > 15)
    return;
  uint8_t *stub = stubs + StubSize * numSites;
  int64_t distance = stub - (code + 5);
  if (distance != (int32_t)distance)
    return;
  struct Site *site = &sites[numSites];
  site->original = code;
  memcpy(site->copy, code, length);
  memcpy(stub, "\x48\x8d\x64\x24\x80", 5); // lea -128(%rsp), %rsp
  const int push = 0x35, jump = 0x25;
  uint8_t *to =
      writeIndirect(stub + 5, stub, push, 40, (uint64_t)(code + length));
  to = writeIndirect(to, stub, push, 48, (uint64_t)site);
  writeIndirect(to, stub, jump, 56, (uint64_t)vnniemuCommon);
  uint64_t page = (uint64_t)code & ~0xFFFUL;
  uint64_t end = ((uint64_t)code + 5 + 0xFFF) & ~0xFFFUL;
  if (mprotect((void *)page, end - page, PROT_READ | PROT_WRITE | PROT_EXEC))
    return;
  int32_t distance32 = (int32_t)distance;
  *(uint8_t *)code = 0xE9;
  memcpy((uint8_t *)code + 1, &distance32, 4);
  mprotect((void *)page, end - page, PROT_READ | PROT_EXEC);
  ++numSites;
}

// --- signal ----------------------------------------------------------------

static void onIllegalInstruction(int number, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  const uint8_t *code = (const uint8_t *)u->uc_mcontext.gregs[REG_RIP];
  const uint8_t *next = emulate(code, u);
  if (next) {
    u->uc_mcontext.gregs[REG_RIP] = (greg_t)next;
    patch(code, (int)(next - code));
    return;
  }
  fprintf(stderr, "vnniemu: illegal instruction:");
  for (int k = 0; k < 12; ++k)
    fprintf(stderr, " %02x", code[k]);
  fprintf(stderr, "\n");
  sigaction(SIGILL, &previous, 0); // It runs again, as without us.
  (void)number, (void)info;
}

__attribute__((destructor)) static void printStatistics(void) {
  if (getenv("VNNIEMU_STATS"))
    fprintf(stderr, "vnniemu: AVX-VNNI %llu, AVX-VNNI-INT8 %llu\n", countVnni,
            countInt8);
}

__attribute__((constructor)) static void start(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & 1u << 28))
    return; // No AVX.
  if (!__get_cpuid_count(0xD, 2, &a, &b, &c, &d))
    return;
  upperHalves = b;
  patchesOff = getenv("VNNIEMU_NOPATCH") || b != 576;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = onIllegalInstruction;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGILL, &action, &previous);
}
