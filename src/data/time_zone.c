/* time_zone.c - zones of the tz database (TZif files, RFC 8536), kept for the process.
 *
 * A zone is a sorted list of instants with the local time type that begins at
 * each; after the last one the footer's rule (POSIX TZ) says what applies. Zones
 * are immutable once in the cache, so that readers need no lock.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/reader.h"
#include "data/calendar.h"
#include "data/date_parse.h"
#include "data/posix_zone.h"
#include "os/os.h"
#include "os/thread.h"

enum { ZONE_FILE_SIZE_MAX = 1 << 20, ZONE_NAME_SIZE = 80 };

struct zone_type {
    int32_t offset_s;
    bool is_dst;
    char abbreviation[12];
};

struct time_zone {
    char name[ZONE_NAME_SIZE];
    size_t transition_count;
    int64_t *transitions_s;      /* UTC, ascending */
    uint8_t *transition_types;   /* the type from there on */
    size_t type_count;
    struct zone_type *types;
    bool has_rule;
    struct posix_zone rule;
};

static struct time_zone utc_zone;
static struct zone_type utc_type = {0, false, "UTC"};
static struct map zones;
static struct mutex zones_lock;
static pthread_once_t zones_are_made = PTHREAD_ONCE_INIT;

static void make_zones(void)
{
    mutex_init(&zones_lock);
    utc_zone = (struct time_zone){.name = "UTC", .type_count = 1, .types = &utc_type};
}

const struct time_zone *time_zone_utc(void)
{
    pthread_once(&zones_are_made, make_zones);
    return &utc_zone;
}

const char *time_zone_name(const struct time_zone *zone)
{
    return zone->name;
}

static void zone_destroy(struct time_zone *zone)
{
    free(zone->transitions_s);
    free(zone->transition_types);
    free(zone->types);
    free(zone);
}

struct tzif_header {
    uint8_t version;
    uint32_t ut_count, std_count, leap_count, time_count, type_count, text_size;
};

static void read_header(struct reader *r, struct tzif_header *h)
{
    struct bytes magic = reader_bytes(r, 4);
    if (magic.data == NULL || memcmp(magic.data, "TZif", 4) != 0)
        reader_fail(r);
    h->version = reader_u8(r);
    reader_bytes(r, 15);
    h->ut_count = reader_u32(r);
    h->std_count = reader_u32(r);
    h->leap_count = reader_u32(r);
    h->time_count = reader_u32(r);
    h->type_count = reader_u32(r);
    h->text_size = reader_u32(r);
    if (h->time_count > 100000 || h->type_count > 256 || h->text_size > 65536 || h->leap_count > 10000 || h->ut_count > 256 ||
        h->std_count > 256)
        reader_fail(r);
}

static void skip_body(struct reader *r, const struct tzif_header *h, size_t time_size)
{
    reader_bytes(r, h->time_count * (time_size + 1) + h->type_count * 6 + h->text_size + h->leap_count * (time_size + 4) + h->std_count +
                        h->ut_count);
}

static void read_types(struct reader *r, const struct tzif_header *h, struct time_zone *zone)
{
    zone->type_count = h->type_count;
    zone->types = memory_alloc_zero(h->type_count + 1, sizeof *zone->types);
    struct bytes infos = reader_bytes(r, h->type_count * 6), texts = reader_bytes(r, h->text_size);
    if (r->failed || h->type_count == 0 || h->text_size == 0 || texts.data[h->text_size - 1] != '\0') {
        reader_fail(r);
        return;
    }
    for (uint32_t i = 0; i < h->type_count; i++) {
        struct reader info;
        reader_init(&info, (struct bytes){infos.data + i * 6, 6});
        zone->types[i].offset_s = reader_i32(&info);
        zone->types[i].is_dst = reader_u8(&info) != 0;
        uint8_t at = reader_u8(&info);
        if (at >= h->text_size || zone->types[i].offset_s < -100000 || zone->types[i].offset_s > 100000) {
            reader_fail(r);
            return;
        }
        snprintf(zone->types[i].abbreviation, sizeof zone->types[i].abbreviation, "%s", (const char *)texts.data + at);
    }
}

/* The 64-bit body and the footer. */
static void read_zone(struct reader *r, struct time_zone *zone)
{
    struct tzif_header h = {0};
    read_header(r, &h);
    if (!r->failed && h.version >= '2') {
        skip_body(r, &h, 4);
        read_header(r, &h);
    } else {
        reader_fail(r); /* version 1 ended in 2013 */
    }
    if (r->failed)
        return;
    zone->transition_count = h.time_count;
    zone->transitions_s = memory_alloc_zero(h.time_count + 1, sizeof *zone->transitions_s);
    zone->transition_types = memory_alloc_zero(h.time_count + 1, 1);
    for (uint32_t i = 0; i < h.time_count; i++)
        zone->transitions_s[i] = reader_i64(r);
    for (uint32_t i = 0; i < h.time_count; i++) {
        zone->transition_types[i] = reader_u8(r);
        if (zone->transition_types[i] >= h.type_count)
            reader_fail(r);
    }
    read_types(r, &h, zone);
    reader_bytes(r, h.leap_count * 12 + h.std_count + h.ut_count);
    struct bytes footer = reader_bytes(r, reader_left(r));
    if (r->failed || footer.size < 3 || footer.data[0] != '\n' || footer.data[footer.size - 1] != '\n')
        return;
    zone->has_rule = posix_zone_parse((const char *)footer.data + 1, footer.size - 2, &zone->rule);
}

static bool name_is_safe(const char *name)
{
    if (name[0] == '\0' || name[0] == '/' || name[0] == '.' || strlen(name) >= ZONE_NAME_SIZE || strstr(name, "..") != NULL)
        return false;
    for (const char *p = name; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && strchr("/_+-", *p) == NULL)
            return false;
    return true;
}

static const char *zone_folder(void)
{
    const char *folder = getenv("TZDIR");
    return folder != NULL && folder[0] != '\0' ? folder : "/usr/share/zoneinfo";
}

/* Replaces the spelling of each part of name by the one on disk that is equal but for case. */
static bool match_case(char *name, struct arena *arena)
{
    char folder[512];
    snprintf(folder, sizeof folder, "%s", zone_folder());
    for (char *part = name; part != NULL;) {
        char *slash = strchr(part, '/'), **names;
        size_t size = slash != NULL ? (size_t)(slash - part) : strlen(part), count, i = 0;
        if (os_real()->list(os_real(), folder, arena, &names, &count, NULL) != STATUS_OK)
            return false;
        while (i < count && (strlen(names[i]) != size || strncasecmp(names[i], part, size) != 0))
            i++;
        if (i == count)
            return false;
        memcpy(part, names[i], size);
        size_t used = strlen(folder);
        if (used + size + 2 > sizeof folder)
            return false;
        snprintf(folder + used, sizeof folder - used, "/%s", names[i]);
        part = slash != NULL ? slash + 1 : NULL;
    }
    return true;
}

static bool read_file(const char *name, struct arena *arena, struct bytes *out)
{
    const char *path = arena_printf(arena, "%s/%s", zone_folder(), name);
    struct file_info info;
    if (os_real()->info(os_real(), path, &info, NULL) != STATUS_OK || info.is_directory)
        return false;
    return os_read_file(os_real(), path, ZONE_FILE_SIZE_MAX, arena, out, NULL) == STATUS_OK;
}

static struct time_zone *load_file(const char *name, struct arena *arena)
{
    char spelled[ZONE_NAME_SIZE];
    snprintf(spelled, sizeof spelled, "%s", name);
    struct bytes content;
    if (!read_file(spelled, arena, &content) && !(match_case(spelled, arena) && read_file(spelled, arena, &content)))
        return NULL;
    struct time_zone *zone = memory_alloc_zero(1, sizeof *zone);
    snprintf(zone->name, sizeof zone->name, "%s", spelled);
    struct reader r;
    reader_init(&r, content);
    read_zone(&r, zone);
    if (!r.failed)
        return zone;
    zone_destroy(zone);
    return NULL;
}

/* "+02", "-3", "5.5": hours, and east is positive. */
static bool parse_hours(const char *name, int32_t *offset_s)
{
    if (name[strspn(name, "+-0123456789.")] != '\0')
        return false;
    char *end;
    double hours = strtod(name, &end);
    if (end == name || *end != '\0' || hours <= -168 || hours >= 168)
        return false;
    *offset_s = (int32_t)(hours * 3600);
    return true;
}

static struct time_zone *fixed_zone(const char *name, int32_t offset_s)
{
    struct time_zone *zone = memory_alloc_zero(1, sizeof *zone);
    zone->types = memory_alloc_zero(1, sizeof *zone->types);
    zone->type_count = 1;
    zone->types[0].offset_s = offset_s;
    snprintf(zone->name, sizeof zone->name, "%s", name);
    snprintf(zone->types[0].abbreviation, sizeof zone->types[0].abbreviation, "%.11s", name);
    return zone;
}

#define NO_ABBREVIATION "<none>" /* the grammar wants one */

/* A POSIX specification ("CET-1CEST", "<+02>-02", without a name "+05:30"), which counts west as positive. */
static struct time_zone *posix_named(const char *name)
{
    struct posix_zone rule;
    char named[ZONE_NAME_SIZE + sizeof NO_ABBREVIATION];
    bool is_bare = isdigit((unsigned char)name[0]) || ((name[0] == '+' || name[0] == '-') && isdigit((unsigned char)name[1]));
    if (strlen(name) >= ZONE_NAME_SIZE)
        return NULL;
    snprintf(named, sizeof named, "%s%s", is_bare ? NO_ABBREVIATION : "", name);
    if (!posix_zone_parse(named, strlen(named), &rule))
        return NULL;
    if (is_bare)
        rule.standard.abbreviation[0] = '\0';
    struct time_zone *zone = fixed_zone(name, rule.standard.offset_s);
    zone->has_rule = true;
    zone->rule = rule;
    snprintf(zone->types[0].abbreviation, sizeof zone->types[0].abbreviation, "%s", rule.standard.abbreviation);
    return zone;
}

static struct time_zone *load(const char *name)
{
    int32_t offset_s;
    if (parse_hours(name, &offset_s))
        return fixed_zone(name, offset_s);
    struct time_zone *zone = NULL;
    struct arena *arena = arena_create();
    if (name_is_safe(name))
        zone = load_file(name, arena);
    arena_destroy(arena);
    return zone != NULL ? zone : posix_named(name);
}

enum { ZONES_MAX = 4096 }; /* more names than the database has; beyond it names are refused, for zones are never freed */

enum status time_zone_find(const char *name, const struct time_zone **out, struct error *err)
{
    *out = time_zone_utc();
    if (strcasecmp(name, "utc") == 0 || strcasecmp(name, "etc/utc") == 0 || strcasecmp(name, "z") == 0)
        return STATUS_OK;
    mutex_lock(&zones_lock);
    struct time_zone *zone = map_get(&zones, bytes_from_text(name));
    if (zone == NULL && zones.live_count < ZONES_MAX) {
        zone = load(name);
        if (zone != NULL)
            map_put(&zones, bytes_from_text(name), zone);
    }
    mutex_unlock(&zones_lock);
    if (zone == NULL)
        return error_set(err, STATUS_INVALID_PARAMETER, "time zone \"%s\" not recognized", name);
    *out = zone;
    return STATUS_OK;
}

enum status time_zone_find_written(const char *name, const struct time_zone **out, struct error *err)
{
    char word[16], specification[ZONE_NAME_SIZE];
    int32_t offset_s;
    size_t size = 0;
    for (; name[size] != '\0' && size + 1 < sizeof word; size++)
        word[size] = (char)tolower((unsigned char)name[size]);
    word[size] = '\0';
    if (name[size] == '\0' && strcmp(word, "utc") != 0 && zone_abbreviation_find(word, &offset_s)) {
        snprintf(specification, sizeof specification, NO_ABBREVIATION "%s%02d:%02d", offset_s > 0 ? "-" : "+", abs(offset_s) / 3600, abs(offset_s) / 60 % 60);
        return time_zone_find(specification, out, err);
    }
    if (parse_hours(name, &offset_s) && strchr(name, '.') == NULL && strlen(name) < 8) { /* no hours of SET TIME ZONE: POSIX */
        snprintf(specification, sizeof specification, NO_ABBREVIATION "%s", name);
        if (time_zone_find(specification, out, NULL) == STATUS_OK)
            return STATUS_OK;
        return error_set(err, STATUS_INVALID_PARAMETER, "time zone \"%s\" not recognized", name);
    }
    return time_zone_find(name, out, err);
}

/* The first standard type: what applies before the first transition. */
static const struct zone_type *first_type(const struct time_zone *zone)
{
    for (size_t i = 0; i < zone->type_count; i++)
        if (!zone->types[i].is_dst)
            return &zone->types[i];
    return &zone->types[0];
}

/* How many transitions are at or before the instant. */
static size_t transitions_before(const struct time_zone *zone, int64_t utc_s)
{
    size_t low = 0, high = zone->transition_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->transitions_s[middle] <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct local_type {
    int32_t offset_s;
    const char *abbreviation;
};

static struct local_type type_at(const struct time_zone *zone, int64_t utc_s)
{
    size_t count = transitions_before(zone, utc_s);
    if (count == zone->transition_count && zone->has_rule) {
        const struct posix_time *t = posix_zone_at(&zone->rule, utc_s);
        return (struct local_type){t->offset_s, t->abbreviation};
    }
    const struct zone_type *type = count == 0 ? first_type(zone) : &zone->types[zone->transition_types[count - 1]];
    return (struct local_type){type->offset_s, type->abbreviation};
}

int32_t time_zone_offset_at(const struct time_zone *zone, int64_t utc_us)
{
    if (zone->transition_count == 0 && !zone->has_rule)
        return zone->types[0].offset_s;
    return type_at(zone, floor_div(utc_us, US_PER_SECOND)).offset_s;
}

const char *time_zone_abbreviation_at(const struct time_zone *zone, int64_t utc_us)
{
    return type_at(zone, floor_div(utc_us, US_PER_SECOND)).abbreviation;
}

/* The offsets a day before and a day after bracket any change. If both readings are consistent the time is unambiguous or one of
 * two; where neither is, the time is in a gap. PostgreSQL takes the standard reading of an ambiguous time, and in a gap the
 * offset before it. */
int32_t time_zone_offset_of_local(const struct time_zone *zone, int64_t local_us)
{
    if (zone->transition_count == 0 && !zone->has_rule)
        return zone->types[0].offset_s;
    int64_t local_s = floor_div(local_us, US_PER_SECOND);
    int32_t before = type_at(zone, local_s - 86400).offset_s, after = type_at(zone, local_s + 86400).offset_s;
    if (before == after)
        return before;
    bool before_holds = type_at(zone, local_s - before).offset_s == before;
    bool after_holds = type_at(zone, local_s - after).offset_s == after;
    if (before_holds && after_holds)
        return after < before ? after : before; /* the later instant: standard time in autumn */
    return after_holds ? after : before;
}
