/* replay.c - a main for fuzz targets where libFuzzer is not: the seeds, then mutations of them that never vary.
 *
 *     <target>_fuzz CORPUS [MUTATIONS [SEED]]     as the tests do
 *     <target>_fuzz FILE                          one input again
 *
 * The input being tried is kept in <program>.last, which outlives a crash and is removed at the end.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_SIZE_MAX = 64 * 1024, MUTATIONS_AT_ONCE = 8 };

struct input {
    uint8_t *data;
    size_t size;
};
struct corpus {
    struct input *inputs;
    size_t count;
};
struct last_input {
    char path[4096];
    int fd;
    uint8_t *map;
};

static uint64_t random_state;

static size_t random_below(size_t limit)
{
    uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15)); /* splitmix64 */
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return limit == 0 ? 0 : (size_t)((z ^ z >> 31) % limit);
}

static void die(const char *what, const char *path)
{
    fprintf(stderr, "cannot %s %s\n", what, path);
    exit(2);
}

static struct input input_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        die("open", path);
    struct input input = {malloc(INPUT_SIZE_MAX), 0};
    if (input.data == NULL)
        die("allocate memory for", path);
    input.size = fread(input.data, 1, INPUT_SIZE_MAX, file);
    fclose(file);
    return input;
}

static void corpus_add(struct corpus *corpus, const char *path)
{
    corpus->inputs = realloc(corpus->inputs, (corpus->count + 1) * sizeof *corpus->inputs);
    if (corpus->inputs == NULL)
        die("allocate memory for", path);
    corpus->inputs[corpus->count++] = input_read(path);
}

static void corpus_read(struct corpus *corpus, const char *path)
{
    struct dirent **entries;
    struct stat info;
    if (stat(path, &info) != 0)
        die("find", path);
    if (!S_ISDIR(info.st_mode)) {
        corpus_add(corpus, path);
        return;
    }
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0)
        die("list", path);
    for (int i = 0; i < count; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        if (stat(file, &info) == 0 && S_ISREG(info.st_mode))
            corpus_add(corpus, file);
        free(entries[i]);
    }
    free(entries);
}

/* An input of exactly its size on the heap, so that the sanitizer sees a read behind the end. */
static void try_input(struct last_input *last, const uint8_t *data, size_t size)
{
    if (ftruncate(last->fd, (off_t)size) != 0)
        die("write", last->path);
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL)
        die("allocate memory for", last->path);
    if (size != 0) {
        memcpy(last->map, data, size);
        memcpy(copy, data, size);
    }
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void put_number(uint8_t *data, size_t size, size_t at)
{
    static const uint64_t NUMBERS[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
                                       UINT64_MAX, INT64_MAX, (uint64_t)1 << 63};
    uint64_t number = NUMBERS[random_below(sizeof NUMBERS / sizeof *NUMBERS)];
    size_t width = (size_t)1 << random_below(4);
    if (random_below(2) == 0)
        number = __builtin_bswap64(number) >> (64 - 8 * width);
    if (at + width <= size)
        memcpy(data + at, &number, width);
}

/* One change. Returns the size after it. */
static size_t mutate(uint8_t *data, size_t size, const struct input *other)
{
    size_t at = random_below(size + 1), end = at + random_below(size - at + 1), run = end - at;
    switch (random_below(8)) {
    case 0: /* a bit */
        if (at < size)
            data[at] ^= (uint8_t)(1U << random_below(8));
        return size;
    case 1: /* a byte */
        if (at < size)
            data[at] = (uint8_t)random_below(256);
        return size;
    case 2: /* cut short */
        return at;
    case 3: /* a run taken out */
        memmove(data + at, data + end, size - end);
        return size - run;
    case 4: /* a run doubled */
        if (size + run > INPUT_SIZE_MAX)
            return size;
        memmove(data + end, data + at, size - at);
        return size + run;
    case 5: /* the tail of another */
        end = random_below(other->size + 1);
        run = other->size - end;
        if (at + run > INPUT_SIZE_MAX)
            return size;
        memcpy(data + at, other->data + end, run);
        return at + run;
    case 6: /* a byte more */
        if (size == INPUT_SIZE_MAX)
            return size;
        memmove(data + at + 1, data + at, size - at);
        data[at] = (uint8_t)random_below(256);
        return size + 1;
    default: /* a number that is likely to be a limit */
        put_number(data, size, at);
        return size;
    }
}

static void try_mutations(struct last_input *last, const struct corpus *corpus, size_t count)
{
    uint8_t *data = malloc(INPUT_SIZE_MAX + 8);
    if (data == NULL)
        die("allocate memory for", last->path);
    for (size_t i = 0; i < count; i++) {
        const struct input *from = &corpus->inputs[random_below(corpus->count)];
        size_t size = from->size;
        memcpy(data, from->data, size);
        for (size_t changes = random_below(MUTATIONS_AT_ONCE) + 1; changes != 0; changes--)
            size = mutate(data, size, &corpus->inputs[random_below(corpus->count)]);
        try_input(last, data, size);
    }
    free(data);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s CORPUS|FILE [MUTATIONS [SEED]]\n", argv[0]);
        return 2;
    }
    struct corpus corpus = {0};
    struct last_input last = {0};
    size_t mutations = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    random_state = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
    snprintf(last.path, sizeof last.path, "%s.last", argv[0]);
    corpus_read(&corpus, argv[1]);
    last.fd = open(last.path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (last.fd < 0)
        die("create", last.path);
    void *map = mmap(NULL, INPUT_SIZE_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, last.fd, 0);
    if (map == MAP_FAILED)
        die("map", last.path);
    last.map = map;
    try_input(&last, NULL, 0);
    for (size_t i = 0; i < corpus.count; i++)
        try_input(&last, corpus.inputs[i].data, corpus.inputs[i].size);
    if (corpus.count != 0)
        try_mutations(&last, &corpus, mutations);
    printf("%zu seeds, %zu mutations\n", corpus.count, mutations);
    unlink(last.path);
    for (size_t i = 0; i < corpus.count; i++)
        free(corpus.inputs[i].data);
    free(corpus.inputs);
    return corpus.count == 0 && mutations != 0 ? 1 : 0; /* a target without seeds tests nothing */
}
