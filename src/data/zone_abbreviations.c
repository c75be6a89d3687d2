/* zone_abbreviations.c - time zone abbreviations that PostgreSQL accepts in dates by default and whose offset is fixed there. */
#include <string.h>

#include "data/date_parse.h"

static const struct {
    const char *name;
    int16_t minutes;
} ABBREVIATIONS[] = {
    {"acdt", 630},  {"acsst", 630}, {"acst", 570},  {"adt", -180},  {"aest", 600},  {"aedt", 660},  {"akdt", -480}, {"akst", -540}, {"ast", -240},
    {"awst", 480},  {"awsst", 540}, {"bdst", 120},  {"bst", 60},    {"cadt", 630},  {"cast", 570},  {"cct", 480},   {"cdt", -300},  {"cest", 120},
    {"cet", 60},    {"cetdst", 120}, {"cst", -360}, {"dnt", 60},    {"eadt", 660},  {"east", -360}, {"eat", 180},   {"edt", -240},  {"eest", 180},
    {"eet", 120},   {"eetdst", 180}, {"est", -300}, {"fet", 180},   {"fst", 60},    {"fwt", 120},   {"gmt", 0},     {"hst", -600},  {"idt", 180},
    {"ict", 420},   {"ist", 120},   {"jst", 540},   {"kst", 540},   {"mdt", -360},  {"mest", 120},  {"mesz", 120},  {"met", 60},    {"metdst", 120},
    {"mez", 60},    {"msk", 180},   {"msd", 240},   {"mst", -420},  {"ndt", -150},  {"nst", -210},  {"nzdt", 780},  {"nzst", 720},  {"pdt", -420},
    {"pht", 480},   {"pkt", 300},   {"pst", -480},  {"sast", 120},  {"swt", 60},    {"ut", 0},      {"utc", 0},     {"wast", 120},  {"wat", 60},
    {"west", 60},   {"wet", 0},     {"wetdst", 60}, {"wst", 480},   {"z", 0},       {"zulu", 0},
};

bool zone_abbreviation_find(const char *word, int32_t *offset_s)
{
    for (size_t i = 0; i < sizeof ABBREVIATIONS / sizeof *ABBREVIATIONS; i++)
        if (strcmp(ABBREVIATIONS[i].name, word) == 0) {
            *offset_s = ABBREVIATIONS[i].minutes * 60;
            return true;
        }
    return false;
}
