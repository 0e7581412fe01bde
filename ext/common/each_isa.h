/* The functions of a template for every instruction set of isa.h: define ISA_TEMPLATE as its file, then include this. The
 * template is read once for each set, with
 *   ISA            suffix of its functions, which are named FOR_ISA(name)
 *   TARGET         their attribute, from the column ISA_TARGETS of the table (TARGET unless defined before)
 *   INLINE         the same for those that take or return vectors by value, which must not cross a call between targets
 *   VBYTES, INTRINSICS  bytes of a vector, and which instructions may be called by name: see isa.h */
#include "isa.h"

#ifndef ISA_TARGETS
#define ISA_TARGETS TARGET
#endif
#define FOR_ISA(name) JOIN(name, ISA)
#define TARGET JOIN(ISA_TARGETS, ISA)
#define VBYTES JOIN(VBYTES, ISA)
#define INTRINSICS JOIN(INTRINSICS, ISA)
#define INLINE TARGET static inline __attribute__((always_inline))

#define ISA plain
#include ISA_TEMPLATE
#undef ISA

#ifdef GLASSNET_X86
#define ISA v3
#include ISA_TEMPLATE
#undef ISA

#define ISA v4
#include ISA_TEMPLATE
#undef ISA
#endif

#undef FOR_ISA
#undef TARGET
#undef VBYTES
#undef INTRINSICS
#undef INLINE
#undef ISA_TARGETS
#undef ISA_TEMPLATE
