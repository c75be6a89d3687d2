/* simd.h - loops that are compiled for several CPUs, the best one chosen at start.
 *
 * VECTOR_CLONES in front of a function: one source, an AVX2 variant beside the
 * baseline. Only integer work and exact floating-point steps may carry it: all
 * variants must give the same bits. Sanitizers cannot run the chooser so early;
 * under them there is the baseline alone.
 */
#ifndef LEAT_BASE_SIMD_H
#define LEAT_BASE_SIMD_H

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define VECTOR_CLONES
#endif

#endif
