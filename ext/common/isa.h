/* Which instruction sets the kernels are built for, and what this machine supports. */
#ifndef GLASSNET_ISA_H
#define GLASSNET_ISA_H

#include <stdint.h>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define GLASSNET_X86 1
#include <immintrin.h>
#define TARGET_V3 __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt")))
#define TARGET_V4 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,bmi,bmi2,popcnt,lzcnt")))
#define TARGET_V4_ONES \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx512vpopcntdq,avx2,bmi,bmi2,popcnt,lzcnt")))
#endif

#if defined(__clang__)
#define GLASSNET_COMPILER __VERSION__ /* names itself */
#elif defined(__GNUC__)
#define GLASSNET_COMPILER "gcc " __VERSION__
#else
#define GLASSNET_COMPILER "unknown compiler"
#endif

/* what every compiler and machine of a kind has: off x86-64 its own vectors, NEON on AArch64 */
#ifdef __x86_64__
#define ISA_PLAIN "x86-64"
#else
#define ISA_PLAIN "generic"
#endif

/* names of the tables, fastest first; isa_supported(i) says whether the machine has number i */
static const char *const isa_names[] = {"v4", "v3", ISA_PLAIN};
#define N_ISAS 3

static inline int isa_supported(int i)
{
#ifdef GLASSNET_X86
    __builtin_cpu_init();
    if (i == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512cd");
    if (i == 1)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
#endif
    return i == 2;
}

/* ones in 64 bits by plain operations, for machines without an instruction */
static inline int64_t ones_plain(uint64_t x)
{
    x -= (x >> 1) & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (int64_t)((x * 0x0101010101010101u) >> 56);
}

#endif
