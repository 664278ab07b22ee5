//===- instructions.c - Are the emulators right? --------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// instructions [evex] [vex] [int8]: executes dot products of bytes and compares
// with scalar code. Exit code 1: one differs.

#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t state = 0x9E3779B97F4A7C15u;
static int failures;
static _Alignas(64) uint8_t a[64], b[64];
static _Alignas(64) int32_t c[16], result[16];

static uint32_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 16);
}

// A third of the operands are extremes; sums saturate in every third turn.
static void fill(int turn) {
  static const uint8_t ends[] = {0, 127, 128, 255};
  for (int i = 0; i < 64; ++i) {
    a[i] = next() % 3 ? (uint8_t)next() : ends[next() % 4];
    b[i] = next() % 3 ? (uint8_t)next() : ends[next() % 4];
  }
  for (int i = 0; i < 16; ++i)
    c[i] = turn % 3 ? (int32_t)next()
                    : (i & 1 ? INT32_MAX : INT32_MIN) ^ (int)(next() & 0xFFFF);
}

static int32_t expected(int lane, int au, int bu, int saturates) {
  int isUnsigned = au && bu;
  int64_t sum = isUnsigned ? (int64_t)(uint32_t)c[lane] : (int64_t)c[lane];
  for (int k = 4 * lane; k < 4 * lane + 4; ++k)
    sum += (au ? a[k] : (int8_t)a[k]) * (bu ? b[k] : (int8_t)b[k]);
  int64_t low = isUnsigned ? 0 : INT32_MIN;
  int64_t high = isUnsigned ? UINT32_MAX : INT32_MAX;
  if (saturates)
    sum = sum < low ? low : sum > high ? high : sum;
  return (int32_t)(uint32_t)sum;
}

static void check(const char *name, int bytes, int au, int bu, int saturates) {
  int wrong = 0;
  for (int lane = 0; lane < bytes / 4; ++lane)
    wrong += result[lane] != expected(lane, au, bu, saturates);
  failures += wrong;
  if (wrong)
    printf("%s, %d bytes: %d lanes are wrong\n", name, bytes, wrong);
}

// `OP(c, a, b)` on vectors; the compiler picks registers or memory.
#define DOT(NAME, TARGET, VECTOR, OP, AU, BU, SATURATES)                       \
  __attribute__((target(TARGET), noinline)) static void NAME(void) {           \
    for (int turn = 0; turn < 64; ++turn) {                                    \
      fill(turn);                                                              \
      *(VECTOR *)result = OP(*(VECTOR *)c, *(VECTOR *)a, *(VECTOR *)b);        \
      check(#NAME, sizeof(VECTOR), AU, BU, SATURATES);                         \
    }                                                                          \
  }

#define EVEX "avx512f,avx512vl,avx512vnni"
#define VEX "avx2,avxvnni"
#define INT8 "avx2,avxvnniint8"
DOT(evex512, EVEX, __m512i, _mm512_dpbusd_epi32, 1, 0, 0)
DOT(evex512s, EVEX, __m512i, _mm512_dpbusds_epi32, 1, 0, 1)
DOT(evex256, EVEX, __m256i, _mm256_dpbusd_epi32, 1, 0, 0)
DOT(evex128, EVEX, __m128i, _mm_dpbusd_epi32, 1, 0, 0)
DOT(vex256, VEX, __m256i, _mm256_dpbusd_avx_epi32, 1, 0, 0)
DOT(vex256s, VEX, __m256i, _mm256_dpbusds_avx_epi32, 1, 0, 1)
DOT(vex128, VEX, __m128i, _mm_dpbusd_avx_epi32, 1, 0, 0)
DOT(ss256, INT8, __m256i, _mm256_dpbssd_epi32, 0, 0, 0)
DOT(ss256s, INT8, __m256i, _mm256_dpbssds_epi32, 0, 0, 1)
DOT(su256, INT8, __m256i, _mm256_dpbsud_epi32, 0, 1, 0)
DOT(su256s, INT8, __m256i, _mm256_dpbsuds_epi32, 0, 1, 1)
DOT(uu256, INT8, __m256i, _mm256_dpbuud_epi32, 1, 1, 0)
DOT(uu256s, INT8, __m256i, _mm256_dpbuuds_epi32, 1, 1, 1)
DOT(ss128, INT8, __m128i, _mm_dpbssd_epi32, 0, 0, 0)

// Lanes under a mask, and one group of bytes for all lanes.
__attribute__((target(EVEX), noinline)) static void evexForms(void) {
  for (int turn = 0; turn < 64; ++turn) {
    fill(turn);
    __mmask16 mask = (__mmask16)next();
    *(__m512i *)result = _mm512_mask_dpbusd_epi32(*(__m512i *)c, mask,
                                                  *(__m512i *)a, *(__m512i *)b);
    for (int lane = 0; lane < 16; ++lane)
      failures += result[lane] !=
                  (mask >> lane & 1 ? expected(lane, 1, 0, 0) : c[lane]);
    *(__m512i *)result = _mm512_dpbusd_epi32(*(__m512i *)c, *(__m512i *)a,
                                             _mm512_set1_epi32(*(int *)b));
    for (int i = 4; i < 64; ++i)
      b[i] = b[i & 3];
    check("broadcast", 64, 1, 0, 0);
  }
}

// Operands in memory with every kind of address.
#define ADDRESS(TEXT)                                                          \
  do {                                                                         \
    fill(1);                                                                   \
    memcpy(pool, b, 32);                                                       \
    __asm__ volatile("vmovdqu (%0), %%ymm9\n\tvmovdqu (%1), %%ymm14\n\t"       \
                     "%{vex%} vpdpbusd " TEXT ", %%ymm9, %%ymm14\n\t"          \
                     "vmovdqu %%ymm14, (%2)"                                   \
                     :                                                         \
                     : "r"(a), "r"(c), "r"(result), "b"(pool - 24), "c"(3L),   \
                       "S"(pool - 4096)                                        \
                     : "memory", "xmm9", "xmm14");                             \
    check(TEXT, 32, 1, 0, 0);                                                  \
  } while (0)

static uint8_t pool[32];
__attribute__((target("avx2"), noinline)) static void vexForms(void) {
  ADDRESS("24(%%rbx)");
  ADDRESS("(%%rbx,%%rcx,8)");
  ADDRESS("4096(%%rsi)");
  ADDRESS("21(%%rbx,%%rcx)");
  ADDRESS("pool(%%rip)");
  ADDRESS("pool-12(,%%rcx,4)");
}

int main(int count, char **names) {
  for (int i = 1; i < count; ++i) {
    if (!strcmp(names[i], "evex"))
      evex512(), evex512s(), evex256(), evex128(), evexForms();
    if (!strcmp(names[i], "vex"))
      vex256(), vex256s(), vex128(), vexForms();
    if (!strcmp(names[i], "int8"))
      ss256(), ss256s(), su256(), su256s(), uu256(), uu256s(), ss128();
  }
  printf("%d wrong\n", failures);
  return failures != 0;
}
