/* function_kernels.h - declares every kernel that the tables (*.def) name. For the files of expr/ only. */
#ifndef LEAT_EXPR_FUNCTION_KERNELS_H
#define LEAT_EXPR_FUNCTION_KERNELS_H

#include "expr/kernel.h"

#define FUNCTION(name, signature, flags, arguments, result, result_type, kernel, summary) function_kernel kernel;
#include "expr/functions.def"
#undef FUNCTION

#endif
