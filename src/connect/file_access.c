/* file_access.c - which files a session may reach.
 *
 * A path that does not exist yet (the target of COPY TO) is judged by the
 * nearest folder above it that does.
 */
#include <limits.h>
#include <stdlib.h>

#include "connect/file_source.h"

static enum status deny(const char *path, struct error *err)
{
    error_set(err, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied for file \"%s\"", path);
    error_hint(err, "The server reaches files only below the folder of its option --files.");
    return STATUS_INSUFFICIENT_PRIVILEGE;
}

static bool is_below(const char *path, const char *root)
{
    size_t size = strlen(root);
    if (size == 1)
        return true; /* "/" */
    return strncmp(path, root, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

static bool has_parent_step(const char *path)
{
    for (const char *p = path; *p != '\0';) {
        size_t size = strcspn(p, "/");
        if (size == 2 && p[0] == '.' && p[1] == '.')
            return true;
        p += size;
        p += *p == '/';
    }
    return false;
}

/* realpath of the longest part of path that exists. False if what does not exist steps upwards. */
static bool resolve(const char *path, char out[PATH_MAX])
{
    char head[PATH_MAX];
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof head)
        return false;
    memcpy(head, path, size + 1);
    while (realpath(head, out) == NULL) {
        char *slash = strrchr(head, '/');
        while (slash != NULL && slash != head && slash[1] == '\0') { /* a slash at the end is no step */
            *slash = '\0';
            slash = strrchr(head, '/');
        }
        size_t kept = slash == NULL ? 0 : (size_t)(slash - head);
        if (has_parent_step(path + kept))
            return false;
        if (slash == NULL)
            return realpath(".", out) != NULL;
        if (slash == head)
            return realpath("/", out) != NULL;
        *slash = '\0';
    }
    return true;
}

enum status file_access_check(const struct file_access *access, const char *path, struct error *err)
{
    char root[PATH_MAX], resolved[PATH_MAX];
    if (access->root == NULL)
        return STATUS_OK;
    if (access->root[0] == '\0')
        return deny(path, err);
    if (realpath(access->root, root) == NULL || !resolve(path, resolved) || !is_below(resolved, root))
        return deny(path, err);
    return STATUS_OK;
}
