/* The instruction sets the kernels are built for, and which of them this machine has. */
#ifndef GLASSNET_ISA_H
#define GLASSNET_ISA_H

#include <stdint.h>

#define JOIN_EXPANDED(a, b) a##_##b
#define JOIN(a, b) JOIN_EXPANDED(a, b)

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define GLASSNET_X86 1
#include <immintrin.h>
#endif

/* The one table: ISA_TABLE(ROW, with) is ROW(with, suffix, name) for every instruction set, fastest first. By suffix:
 *   VBYTES             bytes of a vector: 16, 32 or 64
 *   INTRINSICS         bits of the longest vectors for which templates may call x86 instructions by name: 512, 256, 128;
 *                      0: whatever the compiler makes of its own vectors
 *   TARGET             the compiler's attribute of a function for this set
 *   HAS                whether this machine has it
 *   COUNTING_TARGET    the attribute, and
 *   HAS_COUNTING       the condition of functions that count ones in whole vectors
 *   ones               how it counts the ones in 64 bits
 * A new instruction set is a row here, with its lines below, and its own lines in each_isa.h: templates ask for VBYTES and
 * INTRINSICS alone. */
#ifdef GLASSNET_X86
#define ISA_TABLE(ROW, with) ROW(with, v4, "v4") ROW(with, v3, "v3") ROW(with, plain, "x86-64")

#define VBYTES_v4 64
#define INTRINSICS_v4 512
#define TARGET_v4 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,bmi,bmi2,popcnt,lzcnt")))
#define HAS_v4                                                                                                        \
    (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && \
     __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd"))
/* machines of this kind that count ones in vectors: Ice Lake, Zen 4 and later */
#define COUNTING_TARGET_v4 \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx512vpopcntdq,avx2,bmi,bmi2,popcnt,lzcnt")))
#define HAS_COUNTING_v4 __builtin_cpu_supports("avx512vpopcntdq")
#define ones_v4 __builtin_popcountll

#define VBYTES_v3 32
#define INTRINSICS_v3 256
#define TARGET_v3 __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt")))
#define HAS_v3 (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt"))
#define COUNTING_TARGET_v3 TARGET_v3
#define HAS_COUNTING_v3 1
#define ones_v3 __builtin_popcountll
#else
/* off x86-64 the compiler's own vectors, which are NEON on AArch64 */
#define ISA_TABLE(ROW, with) ROW(with, plain, "generic")
#endif

/* what every machine of a kind has, in terms of the compiler's own vectors */
#define VBYTES_plain 16
#ifdef GLASSNET_X86
#define INTRINSICS_plain 128
#else
#define INTRINSICS_plain 0
#endif
#define TARGET_plain
#define HAS_plain 1
#define COUNTING_TARGET_plain
#define HAS_COUNTING_plain 1

/* ones in 64 bits by plain operations, for machines without an instruction */
static inline int64_t ones_plain(uint64_t x)
{
    x -= (x >> 1) & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (int64_t)((x * 0x0101010101010101u) >> 56);
}

#define ISA_NAME(with, suffix, name) name,
#define ISA_HAS(with, suffix, name) with##_##suffix,
#define ISA_ADDRESS(with, suffix, name) &with##_##suffix,

/* {ISA_ADDRESSES(x)}: what a kernel has for each instruction set, x_v4, x_v3, ..., in the order of the table */
#define ISA_ADDRESSES(with) ISA_TABLE(ISA_ADDRESS, with)

static const char *const isa_names[] = {ISA_TABLE(ISA_NAME, )};
#define N_ISAS ((int)(sizeof isa_names / sizeof *isa_names))

/* whether this machine has row i of the table */
static inline int isa_supported(int i)
{
#ifdef GLASSNET_X86
    __builtin_cpu_init();
#endif
    const int has[] = {ISA_TABLE(ISA_HAS, HAS)};
    return has[i] != 0;
}

/* the first row from i on whose functions that count in vectors this machine can run */
static inline int isa_counting(int i)
{
    const int has[] = {ISA_TABLE(ISA_HAS, HAS_COUNTING)};
    while (!has[i])
        i++;
    return i;
}

#if defined(__clang__)
#define GLASSNET_COMPILER __VERSION__ /* begins with the name of the compiler */
#elif defined(__GNUC__)
#define GLASSNET_COMPILER "gcc " __VERSION__
#else
#define GLASSNET_COMPILER "unknown compiler"
#endif

#endif
