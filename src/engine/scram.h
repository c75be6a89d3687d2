/* scram.h - SCRAM-SHA-256 (RFC 5802, RFC 7677): verifiers of passwords, and the server's side of an exchange. */
#ifndef LEAT_ENGINE_SCRAM_H
#define LEAT_ENGINE_SCRAM_H

#include "base/bytes.h"
#include "base/status.h"

/* "SCRAM-SHA-256$4096:salt$StoredKey:ServerKey" with a fresh salt, as PostgreSQL stores it. OpenSSL is loaded on first use:
 * STATUS_FEATURE_NOT_SUPPORTED where it is missing. */
CHECKED enum status scram_verifier(const char *password, char *out, size_t size, struct error *err);

enum { SCRAM_MESSAGE_SIZE = 1024 };
/* One exchange. Zero-initialise. */
struct scram {
    char server_nonce[128];
    char client_first_bare[SCRAM_MESSAGE_SIZE];
    char server_first[SCRAM_MESSAGE_SIZE];
    uint8_t stored_key[32];
    uint8_t server_key[32];
    char header[8]; /* the client's gs2 header: "n,," or "y,," */
};
/* Takes client-first and writes server-first. A verifier that is empty or malformed fails like a wrong password, at the end. */
CHECKED enum status scram_first(struct scram *s, const char *verifier, struct bytes client_first, char *out, size_t size, struct error *err);
/* Takes client-final and writes server-final. STATUS_INVALID_PASSWORD if the proof is wrong. */
CHECKED enum status scram_final(struct scram *s, struct bytes client_final, char *out, size_t size, struct error *err);

#endif
