/* status.h - how a function says that the world refused.
 *
 * A bug in leat is an assert. A refusal of the world (disk, peer, the user's
 * SQL) is an enum status plus a message in struct error. "Nothing to do yet" is
 * a value of the result and never a status.
 *
 * Each status stands for one SQLSTATE, so that kernels can keep an error as one
 * byte per row (data/vector.h) and the protocol folders can print it. Kafka's
 * codes are mapped in server/kafka alone.
 */
#ifndef LEAT_BASE_STATUS_H
#define LEAT_BASE_STATUS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, sqlstate, PostgreSQL's condition name). At most 127 entries (expr/error.h has the
 * other bytes); append only: view state keeps the code. */
#define STATUS_LIST(X)                                                   \
    X(OK, "00000", "successful_completion")                              \
    X(END_OF_INPUT, "02000", "no_data")                                  \
    X(CONNECTION_FAILURE, "08006", "connection_failure")                 \
    X(PROTOCOL_VIOLATION, "08P01", "protocol_violation")                 \
    X(FEATURE_NOT_SUPPORTED, "0A000", "feature_not_supported")           \
    X(CARDINALITY_VIOLATION, "21000", "cardinality_violation")           \
    X(STRING_TOO_LONG, "22001", "string_data_right_truncation")          \
    X(NUMERIC_OUT_OF_RANGE, "22003", "numeric_value_out_of_range")       \
    X(NULL_NOT_ALLOWED, "22004", "null_value_not_allowed")               \
    X(INVALID_DATETIME_FORMAT, "22007", "invalid_datetime_format")       \
    X(DATETIME_OVERFLOW, "22008", "datetime_field_overflow")             \
    X(INVALID_TIME_ZONE, "22009", "invalid_time_zone_displacement_value") \
    X(SUBSTRING_ERROR, "22011", "substring_error")                       \
    X(DIVISION_BY_ZERO, "22012", "division_by_zero")                     \
    X(INTERVAL_OVERFLOW, "22015", "interval_field_overflow")             \
    X(INVALID_LOGARITHM, "2201E", "invalid_argument_for_logarithm")      \
    X(INVALID_POWER, "2201F", "invalid_argument_for_power_function")     \
    X(INVALID_LIMIT, "2201W", "invalid_row_count_in_limit_clause")       \
    X(INVALID_OFFSET, "2201X", "invalid_row_count_in_result_offset_clause") \
    X(INVALID_REGULAR_EXPRESSION, "2201B", "invalid_regular_expression") \
    X(INVALID_ENCODING, "22021", "character_not_in_repertoire")          \
    X(INVALID_PARAMETER, "22023", "invalid_parameter_value")             \
    X(INVALID_ESCAPE, "22025", "invalid_escape_sequence")                \
    X(INVALID_TEXT, "22P02", "invalid_text_representation")              \
    X(BAD_COPY_FORMAT, "22P04", "bad_copy_file_format")                  \
    X(UNTRANSLATABLE, "22P05", "untranslatable_character")               \
    X(NOT_NULL_VIOLATION, "23502", "not_null_violation")                 \
    X(UNIQUE_VIOLATION, "23505", "unique_violation")                     \
    X(CHECK_VIOLATION, "23514", "check_violation")                       \
    X(INVALID_CURSOR_STATE, "24000", "invalid_cursor_state")             \
    X(ACTIVE_TRANSACTION, "25001", "active_sql_transaction")             \
    X(NO_ACTIVE_TRANSACTION, "25P01", "no_active_sql_transaction")       \
    X(FAILED_TRANSACTION, "25P02", "in_failed_sql_transaction")          \
    X(INVALID_STATEMENT_NAME, "26000", "invalid_sql_statement_name")     \
    X(INVALID_AUTHORIZATION, "28000", "invalid_authorization_specification") \
    X(INVALID_PASSWORD, "28P01", "invalid_password")                     \
    X(DEPENDENT_OBJECTS, "2BP01", "dependent_objects_still_exist")       \
    X(INVALID_CURSOR_NAME, "34000", "invalid_cursor_name")               \
    X(INVALID_SCHEMA_NAME, "3F000", "invalid_schema_name")               \
    X(SERIALIZATION_FAILURE, "40001", "serialization_failure")           \
    X(SYNTAX_ERROR, "42601", "syntax_error")                             \
    X(INSUFFICIENT_PRIVILEGE, "42501", "insufficient_privilege")         \
    X(INVALID_NAME, "42602", "invalid_name")                             \
    X(NAME_TOO_LONG, "42622", "name_too_long")                           \
    X(DUPLICATE_COLUMN, "42701", "duplicate_column")                     \
    X(AMBIGUOUS_COLUMN, "42702", "ambiguous_column")                     \
    X(UNDEFINED_COLUMN, "42703", "undefined_column")                     \
    X(UNDEFINED_OBJECT, "42704", "undefined_object")                     \
    X(DUPLICATE_OBJECT, "42710", "duplicate_object")                     \
    X(DUPLICATE_ALIAS, "42712", "duplicate_alias")                       \
    X(AMBIGUOUS_FUNCTION, "42725", "ambiguous_function")                 \
    X(GROUPING_ERROR, "42803", "grouping_error")                         \
    X(DATATYPE_MISMATCH, "42804", "datatype_mismatch")                   \
    X(WRONG_OBJECT_TYPE, "42809", "wrong_object_type")                   \
    X(CANNOT_COERCE, "42846", "cannot_coerce")                           \
    X(UNDEFINED_FUNCTION, "42883", "undefined_function")                 \
    X(RESERVED_NAME, "42939", "reserved_name")                           \
    X(UNDEFINED_TABLE, "42P01", "undefined_table")                       \
    X(UNDEFINED_PARAMETER, "42P02", "undefined_parameter")               \
    X(DUPLICATE_CURSOR, "42P03", "duplicate_cursor")                     \
    X(DUPLICATE_PREPARED, "42P05", "duplicate_prepared_statement")       \
    X(DUPLICATE_TABLE, "42P07", "duplicate_table")                       \
    X(INVALID_COLUMN_REFERENCE, "42P10", "invalid_column_reference")     \
    X(INVALID_COLUMN_DEFINITION, "42611", "invalid_column_definition")   \
    X(INVALID_TABLE_DEFINITION, "42P16", "invalid_table_definition")     \
    X(INDETERMINATE_DATATYPE, "42P18", "indeterminate_datatype")         \
    X(INVALID_OBJECT_DEFINITION, "42P17", "invalid_object_definition")   \
    X(INVALID_RECURSION, "42P19", "invalid_recursion")                   \
    X(WINDOWING_ERROR, "42P20", "windowing_error")                       \
    X(DISK_FULL, "53100", "disk_full")                                   \
    X(OUT_OF_MEMORY, "53200", "out_of_memory")                           \
    X(TOO_MANY_CONNECTIONS, "53300", "too_many_connections")             \
    X(LIMIT_EXCEEDED, "54000", "program_limit_exceeded")                 \
    X(TOO_COMPLEX, "54001", "statement_too_complex")                     \
    X(NOT_IN_PREREQUISITE_STATE, "55000", "object_not_in_prerequisite_state") \
    X(OBJECT_IN_USE, "55006", "object_in_use")                           \
    X(CANCELED, "57014", "query_canceled")                               \
    X(SHUTDOWN, "57P01", "admin_shutdown")                               \
    X(IO_ERROR, "58030", "io_error")                                     \
    X(UNDEFINED_FILE, "58P01", "undefined_file")                         \
    X(DUPLICATE_FILE, "58P02", "duplicate_file")                         \
    X(CORRUPT, "XX001", "data_corrupted")                                \
    X(INTERNAL, "XX000", "internal_error")                               \
    X(INVALID_BUCKET, "2201G", "invalid_argument_for_width_bucket_function") \
    X(IDLE_IN_TRANSACTION, "25P03", "idle_in_transaction_session_timeout") \
    X(READ_ONLY_TRANSACTION, "25006", "read_only_sql_transaction")

enum status {
#define X(name, sqlstate, condition) STATUS_##name,
    STATUS_LIST(X)
#undef X
        STATUS_COUNT
};

/* What went wrong, in words. Zero-initialise it (`struct error err = {0}`). It owns nothing. */
struct error {
    enum status status;
    int position;       /* 1-based character position in the statement; 0 = none */
    char message[1024]; /* names the thing; lower case, no full stop; set where first seen */
    char detail[512];
    char hint[512];
};

#define CHECKED __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define UNUSED __attribute__((unused))

/* Leaves the calling function with the status of a call that failed. Only where nothing is to be released. */
#define TRY(call)                              \
    do {                                       \
        enum status try_status = (call);       \
        if (try_status != STATUS_OK)           \
            return try_status;                 \
    } while (0)

/* Drops a status on purpose; reason says why that is right. */
#define status_ignore(call, reason)            \
    do {                                       \
        enum status ignored_status = (call);   \
        (void)ignored_status;                  \
        (void)(reason);                        \
    } while (0)

/* The SQLSTATE of st: five characters, static. */
const char *status_sqlstate(enum status st);
/* PostgreSQL's condition name of st ("division_by_zero"), static. */
const char *status_condition(enum status st);
/* The status whose SQLSTATE is these five characters, or STATUS_INTERNAL. */
enum status status_from_sqlstate(const char *sqlstate);

/* Sets status and message (err may be NULL) and returns st, so that `return error_set(...)` reads well. */
enum status error_set(struct error *err, enum status st, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same with a position in the statement's text (1-based characters; 0 = none). */
enum status error_set_at(struct error *err, enum status st, int position, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Adds a detail or a hint to an error that is set. */
void error_detail(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
void error_hint(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
/* Puts context in front of the message. */
void error_prefix(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
