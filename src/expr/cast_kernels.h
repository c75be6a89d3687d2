/* cast_kernels.h - one kernel per pair of physical forms. For the files of expr/ only. */
#ifndef LEAT_EXPR_CAST_KERNELS_H
#define LEAT_EXPR_CAST_KERNELS_H

#include "expr/kernel.h"

function_kernel cast_relabel; /* the same bits under another type */
function_kernel cast_int2_int4, cast_int2_int8, cast_int4_int2, cast_int4_int8, cast_int8_int2, cast_int8_int4;
function_kernel cast_int2_float4, cast_int2_float8, cast_int4_float4, cast_int4_float8, cast_int8_float4, cast_int8_float8;
function_kernel cast_float4_int2, cast_float4_int4, cast_float4_int8, cast_float8_int2, cast_float8_int4, cast_float8_int8;
function_kernel cast_float4_float8, cast_float8_float4, cast_int4_bool, cast_bool_int4;
function_kernel cast_integer_numeric, cast_float_numeric, cast_numeric_numeric, cast_numeric_integer, cast_numeric_float;
function_kernel cast_date_timestamp, cast_date_timestamptz, cast_timestamp_date, cast_timestamptz_date;
function_kernel cast_timestamp_timestamptz, cast_timestamptz_timestamp, cast_timestamp_time, cast_timestamptz_time;
function_kernel cast_time_interval, cast_interval_time, cast_time_precision, cast_interval_precision;
function_kernel cast_bool_text, cast_any_text, cast_text_any, cast_any_text_strict, cast_json_jsonb, cast_jsonb_scalar;
/* Text kinds among themselves: strips char's blanks, then fits the length: explicit casts cut, others refuse (22001). */
function_kernel cast_text_cut, cast_text_fit;

#endif
