/* Which instruction sets the kernels are built for, and what this machine supports. */
#ifndef GLASSNET_ISA_H
#define GLASSNET_ISA_H

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define GLASSNET_X86 1
#include <immintrin.h>
#define TARGET_V3 __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt")))
#define TARGET_V4 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,bmi,bmi2,popcnt,lzcnt")))
#endif

/* names of the tables, fastest first; isa_supported(i) says whether the machine has number i */
static const char *const isa_names[] = {"v4", "v3", "x86-64"};
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

#endif
