/* file_options.c - the named options of read_csv(...) and its kin, and the format that a name says. */
#include <strings.h>

#include "catalog/near_name.h"
#include "catalog/option.h"
#include "connect/file_binding.h"

static enum status refuse(const struct option *o, const char *hint, struct error *err)
{
    error_set_at(err, STATUS_INVALID_PARAMETER, o->position, "invalid value for option \"%s\": \"%s\"", o->name, o->value);
    error_hint(err, "%s", hint);
    return STATUS_INVALID_PARAMETER;
}

static enum status read_character(const struct option *o, char *out, struct error *err)
{
    bool is_tab = strcmp(o->value, "\\t") == 0;
    if (!is_tab && strlen(o->value) != 1)
        return refuse(o, "The value is a single one-byte character.", err);
    *out = is_tab ? '\t' : o->value[0];
    return STATUS_OK;
}

static enum status read_header(const struct option *o, struct file_options *out, struct error *err)
{
    bool header;
    TRY(option_boolean(o, &header, err));
    out->csv.header = header ? SAMPLE_HEADER_PRESENT : SAMPLE_HEADER_ABSENT;
    return STATUS_OK;
}

static enum status read_nanoseconds(const struct option *o, struct file_options *out, struct error *err)
{
    if (strcasecmp(o->value, "truncate") != 0)
        return refuse(o, "The value is 'truncate'.", err);
    out->parquet.truncate_nanoseconds = true;
    return STATUS_OK;
}

static enum status unknown(const struct option *o, struct error *err)
{
    static const char *const NAMES[] = {"header", "delimiter", "delim", "sep", "quote", "escape", "null", "nullstr", "union_by_name",
                                        "ns", "binary_as_string", "hive_partitioning", "types"};
    const char *best = NULL;
    unsigned distance = 3;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        name_consider(o->name, NAMES[i], &best, &distance);
    error_set_at(err, STATUS_INVALID_PARAMETER, o->position, "unknown option \"%s\"", o->name);
    if (best != NULL)
        error_hint(err, "Perhaps you meant \"%s\".", best);
    return STATUS_INVALID_PARAMETER;
}

static enum status read_option(const struct option *o, struct file_options *out, struct error *err)
{
    struct csv_options *csv = &out->csv.csv;
    const char *name = o->name;
    bool yes;
    if (strcasecmp(name, "header") == 0)
        return read_header(o, out, err);
    if (strcasecmp(name, "delimiter") == 0 || strcasecmp(name, "delim") == 0 || strcasecmp(name, "sep") == 0)
        return read_character(o, &csv->delimiter, err);
    if (strcasecmp(name, "quote") == 0)
        return read_character(o, &csv->quote, err);
    if (strcasecmp(name, "escape") == 0)
        return read_character(o, &csv->escape, err);
    if (strcasecmp(name, "ns") == 0)
        return read_nanoseconds(o, out, err);
    if (strcasecmp(name, "null") == 0 || strcasecmp(name, "nullstr") == 0) {
        csv->null_text = o->value;
        return STATUS_OK;
    }
    if (strcasecmp(name, "types") == 0) {
        out->types = o->value;
        return STATUS_OK;
    }
    if (strcasecmp(name, "union_by_name") == 0)
        return option_boolean(o, &out->union_by_name, err);
    if (strcasecmp(name, "binary_as_string") == 0)
        return option_boolean(o, &out->parquet.binary_as_text, err);
    if (strcasecmp(name, "hive_partitioning") != 0)
        return unknown(o, err);
    TRY(option_boolean(o, &yes, err));
    out->no_folders = !yes;
    return STATUS_OK;
}

enum status file_options_read(const struct plan *node, struct file_options *out, struct error *err)
{
    *out = (struct file_options){0};
    for (uint32_t i = 0; i < node->files.option_count; i++)
        TRY(read_option(&node->files.options[i], out, err));
    return STATUS_OK;
}

/* ---- format ---- */

static bool ends_with(const char *name, size_t size, const char *suffix)
{
    size_t length = strlen(suffix);
    return size > length && strncasecmp(name + size - length, suffix, length) == 0;
}

/* False if the name does not say. */
static bool format_of_name(const char *path, enum file_format *out, bool *is_tsv)
{
    size_t size = strlen(path);
    size -= ends_with(path, size, ".gz") ? 3 : ends_with(path, size, ".zst") ? 4 : ends_with(path, size, ".zstd") ? 5 : 0;
    *is_tsv = ends_with(path, size, ".tsv");
    if (ends_with(path, size, ".parquet"))
        *out = FILE_PARQUET;
    else if (*is_tsv || ends_with(path, size, ".csv"))
        *out = FILE_CSV;
    else if (ends_with(path, size, ".json") || ends_with(path, size, ".ndjson") || ends_with(path, size, ".jsonl"))
        *out = FILE_JSON;
    else
        return false;
    return true;
}

static enum status format_by_names(const struct file_list *files, enum file_format *out, bool *is_tsv, struct error *err)
{
    for (uint32_t i = 0; i < files->count; i++) {
        enum file_format format = FILE_CSV;
        bool tsv;
        if (!format_of_name(files->items[i].path, &format, &tsv)) {
            error_set(err, STATUS_INVALID_PARAMETER, "the name of \"%s\" does not tell its format", files->items[i].path);
            error_hint(err, "Known endings are .parquet, .csv, .tsv, .json, .ndjson and .jsonl, with .gz or .zst behind; or use read_csv, "
                            "read_json or read_parquet.");
            return STATUS_INVALID_PARAMETER;
        }
        if (i != 0 && format != *out)
            return error_set(err, STATUS_DATATYPE_MISMATCH, "\"%s\" and \"%s\" are of different formats", files->items[0].path,
                             files->items[i].path);
        *out = format;
        *is_tsv = tsv;
    }
    return STATUS_OK;
}

enum status file_format_find(const struct plan *node, const struct file_list *files, enum file_format *out, struct file_options *options,
                             struct error *err)
{
    const char *given = node->files.format;
    bool is_tsv = false;
    if (given == NULL)
        TRY(format_by_names(files, out, &is_tsv, err));
    else if (strcasecmp(given, "parquet") == 0)
        *out = FILE_PARQUET;
    else if (strcasecmp(given, "json") == 0)
        *out = FILE_JSON;
    else if (strcasecmp(given, "csv") == 0)
        *out = FILE_CSV;
    else
        return error_set(err, STATUS_INVALID_PARAMETER, "unknown file format \"%s\"", given);
    if (given != NULL && *out == FILE_CSV) {
        enum file_format unused;
        is_tsv = format_of_name(files->items[0].path, &unused, &is_tsv) && is_tsv;
    }
    if (is_tsv && options->csv.csv.delimiter == 0)
        options->csv.csv.delimiter = '\t';
    return STATUS_OK;
}
