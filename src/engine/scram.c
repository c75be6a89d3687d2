/* scram.c - SCRAM-SHA-256 on OpenSSL's libcrypto, which is loaded on first use: linking it would cost every start.
 *
 * Passwords are taken as they are (SASLprep leaves ASCII unchanged). Channel
 * binding is not offered.
 */
#include "engine/scram.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { ITERATIONS = 4096, SALT_SIZE = 16, HASH_SIZE = 32, NONCE_SIZE = 18 };

static struct {
    int (*pbkdf2)(const char *pass, int passlen, const unsigned char *salt, int saltlen, int iter, const void *digest, int keylen,
                  unsigned char *out);
    unsigned char *(*hmac)(const void *md, const void *key, int key_len, const unsigned char *data, size_t n, unsigned char *out,
                           unsigned int *size);
    unsigned char *(*sha256)(const unsigned char *d, size_t n, unsigned char *md);
    const void *(*evp_sha256)(void);
    int (*random)(unsigned char *buf, int num);
    int (*encode)(unsigned char *t, const unsigned char *f, int n);
    int (*decode)(unsigned char *t, const unsigned char *f, int n);
    int (*memcmp)(const void *a, const void *b, size_t len);
    bool loaded;
} crypto;

static void load(void)
{
    void *library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return;
    *(void **)&crypto.pbkdf2 = dlsym(library, "PKCS5_PBKDF2_HMAC");
    *(void **)&crypto.hmac = dlsym(library, "HMAC");
    *(void **)&crypto.sha256 = dlsym(library, "SHA256");
    *(void **)&crypto.evp_sha256 = dlsym(library, "EVP_sha256");
    *(void **)&crypto.random = dlsym(library, "RAND_bytes");
    *(void **)&crypto.encode = dlsym(library, "EVP_EncodeBlock");
    *(void **)&crypto.decode = dlsym(library, "EVP_DecodeBlock");
    *(void **)&crypto.memcmp = dlsym(library, "CRYPTO_memcmp");
    crypto.loaded = crypto.pbkdf2 && crypto.hmac && crypto.sha256 && crypto.evp_sha256 && crypto.random && crypto.encode &&
                    crypto.decode && crypto.memcmp;
}

static enum status need_crypto(struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (crypto.loaded)
        return STATUS_OK;
    error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "passwords need OpenSSL, and libcrypto.so.3 cannot be loaded");
    error_hint(err, "Install the package libssl3.");
    return STATUS_FEATURE_NOT_SUPPORTED;
}

static void hmac(const uint8_t *key, size_t key_size, const char *text, uint8_t out[HASH_SIZE])
{
    unsigned int size = HASH_SIZE;
    crypto.hmac(crypto.evp_sha256(), key, (int)key_size, (const unsigned char *)text, strlen(text), out, &size);
}

static void encode(const uint8_t *data, int size, char *out)
{
    crypto.encode((unsigned char *)out, data, size);
}

/* Exactly size bytes from the base64 text up to end. */
static bool decode(const char *text, size_t text_size, uint8_t *out, size_t size)
{
    uint8_t bytes[256];
    if (text_size == 0 || text_size % 4 != 0 || text_size / 4 * 3 > sizeof bytes)
        return false;
    int got = crypto.decode(bytes, (const unsigned char *)text, (int)text_size);
    size_t padding = (size_t)(text[text_size - 1] == '=') + (size_t)(text_size > 1 && text[text_size - 2] == '=');
    if (got < 0 || (size_t)got - padding != size)
        return false;
    memcpy(out, bytes, size);
    return true;
}

enum status scram_verifier(const char *password, char *out, size_t size, struct error *err)
{
    uint8_t salt[SALT_SIZE], salted[HASH_SIZE], client_key[HASH_SIZE], stored[HASH_SIZE], server[HASH_SIZE];
    char salt_text[64], stored_text[64], server_text[64];
    TRY(need_crypto(err));
    if (crypto.random(salt, SALT_SIZE) != 1)
        return error_set(err, STATUS_INTERNAL, "no random bytes for a salt");
    crypto.pbkdf2(password, (int)strlen(password), salt, SALT_SIZE, ITERATIONS, crypto.evp_sha256(), HASH_SIZE, salted);
    hmac(salted, HASH_SIZE, "Client Key", client_key);
    hmac(salted, HASH_SIZE, "Server Key", server);
    crypto.sha256(client_key, HASH_SIZE, stored);
    encode(salt, SALT_SIZE, salt_text);
    encode(stored, HASH_SIZE, stored_text);
    encode(server, HASH_SIZE, server_text);
    snprintf(out, size, "SCRAM-SHA-256$%d:%s$%s:%s", ITERATIONS, salt_text, stored_text, server_text);
    return STATUS_OK;
}

/* The value of attribute name ("r=") up to the next comma, or NULL. */
static const char *attribute(const char *message, const char *name, size_t *size)
{
    for (const char *at = message; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, 2) == 0) {
            *size = strcspn(at + 2, ",");
            return at + 2;
        }
    }
    return NULL;
}

static bool read_verifier(struct scram *s, const char *verifier, int *iterations, char salt[64])
{
    char stored[64], server[64];
    if (sscanf(verifier, "SCRAM-SHA-256$%d:%63[^$]$%63[^:]:%63s", iterations, salt, stored, server) != 4)
        return false;
    return decode(stored, strlen(stored), s->stored_key, HASH_SIZE) && decode(server, strlen(server), s->server_key, HASH_SIZE);
}

enum status scram_first(struct scram *s, const char *verifier, struct bytes client_first, char *out, size_t size, struct error *err)
{
    char message[SCRAM_MESSAGE_SIZE], salt[64] = "AAAAAAAAAAAAAAAAAAAAAA==", nonce_text[64];
    uint8_t nonce[NONCE_SIZE];
    int iterations = ITERATIONS;
    TRY(need_crypto(err));
    if (client_first.size >= sizeof message || memchr(client_first.data, '\0', client_first.size) != NULL)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "malformed SCRAM message");
    memcpy(message, client_first.data, client_first.size);
    message[client_first.size] = '\0';
    if (strncmp(message, "n,,", 3) != 0 && strncmp(message, "y,,", 3) != 0)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "SCRAM channel binding or authorization identity is not supported");
    memcpy(s->header, message, 3);
    snprintf(s->client_first_bare, sizeof s->client_first_bare, "%s", message + 3);
    size_t nonce_size = 0;
    const char *client_nonce = attribute(s->client_first_bare, "r=", &nonce_size);
    if (client_nonce == NULL || nonce_size == 0 || nonce_size > 64 || crypto.random(nonce, NONCE_SIZE) != 1)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "malformed SCRAM message: no nonce");
    if (!read_verifier(s, verifier, &iterations, salt)) /* goes on, to fail like a wrong password */
        status_ignore(crypto.random(s->stored_key, HASH_SIZE) == 1 ? STATUS_OK : STATUS_INTERNAL, "zero keys match nothing either");
    encode(nonce, NONCE_SIZE, nonce_text);
    snprintf(s->server_nonce, sizeof s->server_nonce, "%.*s%s", (int)nonce_size, client_nonce, nonce_text);
    snprintf(s->server_first, sizeof s->server_first, "r=%s,s=%s,i=%d", s->server_nonce, salt, iterations);
    snprintf(out, size, "%s", s->server_first);
    return STATUS_OK;
}

static bool proof_is_right(struct scram *s, const char *without_proof, const char *proof_text, size_t proof_size, char *auth, size_t auth_size)
{
    uint8_t proof[HASH_SIZE], signature[HASH_SIZE], key[HASH_SIZE], hashed[HASH_SIZE];
    snprintf(auth, auth_size, "%s,%s,%s", s->client_first_bare, s->server_first, without_proof);
    if (!decode(proof_text, proof_size, proof, HASH_SIZE))
        return false;
    hmac(s->stored_key, HASH_SIZE, auth, signature);
    for (int i = 0; i < HASH_SIZE; i++)
        key[i] = proof[i] ^ signature[i];
    crypto.sha256(key, HASH_SIZE, hashed);
    return crypto.memcmp(hashed, s->stored_key, HASH_SIZE) == 0;
}

enum status scram_final(struct scram *s, struct bytes client_final, char *out, size_t size, struct error *err)
{
    char message[SCRAM_MESSAGE_SIZE], binding[16], auth[4 * SCRAM_MESSAGE_SIZE], text[64];
    if (client_final.size >= sizeof message || memchr(client_final.data, '\0', client_final.size) != NULL)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "malformed SCRAM message");
    memcpy(message, client_final.data, client_final.size);
    message[client_final.size] = '\0';
    size_t nonce_size = 0, proof_size = 0, binding_size = 0;
    const char *nonce = attribute(message, "r=", &nonce_size), *proof = attribute(message, "p=", &proof_size);
    const char *given = attribute(message, "c=", &binding_size);
    encode((const uint8_t *)s->header, 3, binding);
    bool is_last = proof != NULL && proof > message + 2 && proof[proof_size] == '\0'; /* ",p=" and nothing behind it */
    if (nonce == NULL || !is_last || given == NULL || nonce_size != strlen(s->server_nonce) ||
        memcmp(nonce, s->server_nonce, nonce_size) != 0 || binding_size != strlen(binding) || memcmp(given, binding, binding_size) != 0)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "malformed SCRAM message");
    message[(size_t)(proof - message) - 3] = '\0'; /* ",p=" */
    if (!proof_is_right(s, message, proof, proof_size, auth, sizeof auth))
        return error_set(err, STATUS_INVALID_PASSWORD, "password authentication failed");
    uint8_t signature[HASH_SIZE];
    hmac(s->server_key, HASH_SIZE, auth, signature);
    encode(signature, HASH_SIZE, text);
    snprintf(out, size, "v=%s", text);
    return STATUS_OK;
}
