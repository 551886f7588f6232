/* libomemo-c, driven by JSON lines as peer.py is (the commands stand there): `peer 3` speaks OMEMO 0.3, `peer 4` OMEMO 2.
 *
 * Compiled and run by tests/omemo.rs as a process of its own. libomemo-c is under GPL-3.0: it is only talked to through
 * pipes; this program is never shipped. Links with libomemo-c and OpenSSL's libcrypto. */

#include <omemo/curve.h>
#include <omemo/key_helper.h>
#include <omemo/protocol.h>
#include <omemo/session_builder.h>
#include <omemo/session_cipher.h>
#include <omemo/session_pre_key.h>
#include <omemo/signal_protocol.h>
#include <omemo/ratchet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTIES 1000
#define PREKEYS 6
#define LINE (1 << 16)

/* Every step that must not fail: the error becomes the answer. */
#define TRY(step) do { int code_ = (step); if (code_ < 0) return fail(#step, code_); } while (0)

typedef struct {
    uint32_t device;
    signal_protocol_store_context *store;
    ratchet_identity_key_pair *identity;
    session_signed_pre_key *signed_prekey;
    session_pre_key *prekeys[PREKEYS];
    signal_buffer *session;
} party;

static party parties[PARTIES];
static signal_context *context;
static uint32_t version;

static int fail(const char *step, int code) {
    printf("{\"error\":\"%d at %.40s\"}\n", code, step);
    return code;
}

static void print_hex(const char *name, const uint8_t *data, size_t size) {
    printf("\"%s\":\"", name);
    for (size_t i = 0; i < size; i++) printf("%02x", data[i]);
    printf("\"");
}

/* --- crypto provider --- */

static int give(signal_buffer **out, const uint8_t *data, size_t size) {
    *out = signal_buffer_create(data, size);
    return *out ? 0 : SG_ERR_NOMEM;
}

static int random_bytes(uint8_t *data, size_t size, void *user) { return RAND_bytes(data, size) == 1 ? 0 : -1; }

static int mac_init(void **mac, const uint8_t *key, size_t size, void *user) {
    HMAC_CTX *ctx = HMAC_CTX_new();
    *mac = ctx;
    return HMAC_Init_ex(ctx, key, size, EVP_sha256(), NULL) == 1 ? 0 : -1;
}

static int mac_update(void *mac, const uint8_t *data, size_t size, void *user) {
    return HMAC_Update(mac, data, size) == 1 ? 0 : -1;
}

static int mac_final(void *mac, signal_buffer **out, void *user) {
    uint8_t value[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    return HMAC_Final(mac, value, &size) == 1 ? give(out, value, size) : -1;
}

static void mac_free(void *mac, void *user) { HMAC_CTX_free(mac); }

static int hash_init(void **hash, void *user) {
    *hash = EVP_MD_CTX_new();
    return EVP_DigestInit_ex(*hash, EVP_sha512(), NULL) == 1 ? 0 : -1;
}

static int hash_update(void *hash, const uint8_t *data, size_t size, void *user) {
    return EVP_DigestUpdate(hash, data, size) == 1 ? 0 : -1;
}

static int hash_final(void *hash, signal_buffer **out, void *user) {
    uint8_t value[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_DigestFinal_ex(hash, value, &size) != 1 || EVP_DigestInit_ex(hash, EVP_sha512(), NULL) != 1) return -1;
    return give(out, value, size);
}

static void hash_free(void *hash, void *user) { EVP_MD_CTX_free(hash); }

static int cbc(int encrypt, signal_buffer **out, const uint8_t *key, const uint8_t *iv, const uint8_t *in, size_t size) {
    uint8_t *result = malloc(size + 32);
    int first = 0, last = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int ok = EVP_CipherInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv, encrypt) == 1
        && EVP_CipherUpdate(ctx, result, &first, in, size) == 1 && EVP_CipherFinal_ex(ctx, result + first, &last) == 1;
    EVP_CIPHER_CTX_free(ctx);
    int code = ok ? give(out, result, first + last) : SG_ERR_UNKNOWN;
    free(result);
    return code;
}

static int encrypt(signal_buffer **out, int cipher, const uint8_t *key, size_t key_size, const uint8_t *iv,
                   size_t iv_size, const uint8_t *in, size_t size, void *user) {
    if (cipher != SG_CIPHER_AES_CBC_PKCS5 || key_size != 32 || iv_size != 16) return SG_ERR_INVAL;
    return cbc(1, out, key, iv, in, size);
}

static int decrypt(signal_buffer **out, int cipher, const uint8_t *key, size_t key_size, const uint8_t *iv,
                   size_t iv_size, const uint8_t *in, size_t size, void *user) {
    if (cipher != SG_CIPHER_AES_CBC_PKCS5 || key_size != 32 || iv_size != 16) return SG_ERR_INVAL;
    return cbc(0, out, key, iv, in, size);
}

/* --- payloads: 0.3 in GCM with key and tag in `carried`, OMEMO 2 in CBC with key and MAC --- */

static void payload_keys(const uint8_t *key, uint8_t out[96]) {
    uint8_t zero[32] = {0}, seed[32], block[64];
    const char *info = "OMEMO Payload";
    HMAC(EVP_sha256(), zero, 32, key, 32, seed, NULL);
    for (int i = 0; i < 3; i++) {
        size_t at = i ? 32 : 0;
        if (i) memcpy(block, out + 32 * (i - 1), 32);
        memcpy(block + at, info, strlen(info));
        block[at + strlen(info)] = i + 1;
        HMAC(EVP_sha256(), seed, 32, block, at + strlen(info) + 1, out + 32 * i, NULL);
    }
}

static int gcm(int encrypt, const uint8_t *key, const uint8_t *iv, int iv_size, uint8_t *tag, const uint8_t *in,
               size_t size, uint8_t *out) {
    int length = 0, last = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int ok = EVP_CipherInit_ex(ctx, EVP_aes_128_gcm(), NULL, NULL, NULL, encrypt) == 1
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_IVLEN, iv_size, NULL) == 1
        && EVP_CipherInit_ex(ctx, NULL, NULL, key, iv, encrypt) == 1
        && EVP_CipherUpdate(ctx, out, &length, in, size) == 1;
    if (ok && !encrypt) ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, 16, tag) == 1;
    ok = ok && EVP_CipherFinal_ex(ctx, out + length, &last) == 1;
    if (ok && encrypt) ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, tag) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok ? 0 : SG_ERR_INVALID_MAC;
}

/* --- stores: one session per party, kept in `parties` --- */

static int session_load(signal_buffer **out, signal_buffer **user_record, const signal_protocol_address *a, void *user) {
    party *p = user;
    if (!p->session) return 0;
    *out = signal_buffer_copy(p->session);
    return 1;
}

static int session_store(const signal_protocol_address *a, uint8_t *record, size_t size, uint8_t *u, size_t us, void *user) {
    party *p = user;
    signal_buffer_free(p->session);
    return give(&p->session, record, size);
}

static int session_contains(const signal_protocol_address *a, void *user) { return ((party *)user)->session != NULL; }
static int session_none(signal_int_list **list, const char *name, size_t size, void *user) { return SG_ERR_UNKNOWN; }
static int session_delete(const signal_protocol_address *a, void *user) { return SG_ERR_UNKNOWN; }
static int session_delete_all(const char *name, size_t size, void *user) { return SG_ERR_UNKNOWN; }

static int prekey_load(signal_buffer **out, uint32_t id, void *user) {
    if (id < 1 || id > PREKEYS) return SG_ERR_INVALID_KEY_ID;
    int code = session_pre_key_serialize(out, ((party *)user)->prekeys[id - 1]);
    return code < 0 ? code : SG_SUCCESS;
}

static int prekey_store(uint32_t id, uint8_t *record, size_t size, void *user) { return SG_ERR_UNKNOWN; }
static int prekey_contains(uint32_t id, void *user) { return id >= 1 && id <= PREKEYS; }
/* Kept: both sides choose at random, and would meet at a key already used. */
static int prekey_remove(uint32_t id, void *user) { return 0; }

static int signed_load(signal_buffer **out, uint32_t id, void *user) {
    int code = session_signed_pre_key_serialize(out, ((party *)user)->signed_prekey);
    return code < 0 ? code : SG_SUCCESS;
}

static int identity_get(signal_buffer **public, signal_buffer **private, void *user) {
    party *p = user;
    int code = ec_public_key_serialize(public, ratchet_identity_key_pair_get_public(p->identity));
    return code < 0 ? code : ec_private_key_serialize(private, ratchet_identity_key_pair_get_private(p->identity));
}

static int identity_id(void *user, uint32_t *id) {
    *id = ((party *)user)->device;
    return 0;
}

static int identity_save(const signal_protocol_address *a, uint8_t *key, size_t size, void *user) { return 0; }
static int identity_trusted(const signal_protocol_address *a, uint8_t *key, size_t size, void *user) { return 1; }

/* --- commands --- */

static const char *value(const char *line, const char *name) {
    char pattern[32];
    snprintf(pattern, sizeof pattern, "\"%s\":", name);
    const char *at = strstr(line, pattern);
    return at ? at + strlen(pattern) : NULL;
}

static uint32_t number(const char *line, const char *name) {
    const char *at = value(line, name);
    return at ? strtoul(at, NULL, 10) : 0;
}

static size_t bytes(const char *line, const char *name, uint8_t *out) {
    const char *at = value(line, name);
    size_t size = 0;
    unsigned byte;
    if (!at) return 0;
    for (at++; sscanf(at, "%2x", &byte) == 1 && *at != '"'; at += 2) out[size++] = byte;
    return size;
}

static void print_key(const char *name, const ec_public_key *key) {
    signal_buffer *buffer = ec_public_key_get_mont(key);
    print_hex(name, signal_buffer_data(buffer), signal_buffer_len(buffer));
    signal_buffer_free(buffer);
}

static int new_party(party *p, const char *line) {
    p->device = number(line, "device");
    TRY(signal_protocol_store_context_create(&p->store, context));
    signal_protocol_session_store sessions = {session_load, session_none, session_store, session_contains,
        session_delete, session_delete_all, NULL, p};
    signal_protocol_pre_key_store prekeys = {prekey_load, prekey_store, prekey_contains, prekey_remove, NULL, p};
    signal_protocol_signed_pre_key_store signed_prekeys = {signed_load, prekey_store, prekey_contains, prekey_remove, NULL, p};
    signal_protocol_identity_key_store identities = {identity_get, identity_id, identity_save, identity_trusted, NULL, p};
    TRY(signal_protocol_store_context_set_session_store(p->store, &sessions));
    TRY(signal_protocol_store_context_set_pre_key_store(p->store, &prekeys));
    TRY(signal_protocol_store_context_set_signed_pre_key_store(p->store, &signed_prekeys));
    TRY(signal_protocol_store_context_set_identity_key_store(p->store, &identities));
    TRY(signal_protocol_key_helper_generate_identity_key_pair(&p->identity, context));
    TRY(signal_protocol_key_helper_generate_signed_pre_key(&p->signed_prekey, p->identity, 3, 0, context));
    for (int i = 0; i < PREKEYS; i++) {
        ec_key_pair *pair;
        TRY(curve_generate_key_pair(context, &pair));
        TRY(session_pre_key_create(&p->prekeys[i], i + 1, pair));
        SIGNAL_UNREF(pair);
    }
    printf("{\"spk_id\":3,");
    const ec_public_key *identity = ratchet_identity_key_pair_get_public(p->identity);
    if (version == CIPHERTEXT_OMEMO_VERSION) {
        signal_buffer *ed = ec_public_key_get_ed(identity);
        print_hex("ik", signal_buffer_data(ed), signal_buffer_len(ed));
        signal_buffer_free(ed);
        printf(",");
        print_hex("sig", session_signed_pre_key_get_signature_omemo(p->signed_prekey), 64);
    } else {
        print_key("ik", identity);
        printf(",");
        print_hex("sig", session_signed_pre_key_get_signature(p->signed_prekey), 64);
    }
    printf(",");
    print_key("spk", ec_key_pair_get_public(session_signed_pre_key_get_key_pair(p->signed_prekey)));
    printf(",\"prekeys\":\"");
    for (int i = 0; i < PREKEYS; i++) {
        signal_buffer *key = ec_public_key_get_mont(ec_key_pair_get_public(session_pre_key_get_key_pair(p->prekeys[i])));
        printf("%s%d:", i ? "," : "", i + 1);
        for (int j = 0; j < 32; j++) printf("%02x", signal_buffer_data(key)[j]);
        signal_buffer_free(key);
    }
    printf("\"}\n");
    return 0;
}

static int decode(ec_public_key **key, const char *line, const char *name) {
    uint8_t data[LINE] = {5};
    bytes(line, name, data + 1);
    if (version != CIPHERTEXT_OMEMO_VERSION) return curve_decode_point(key, data, 33, context);
    if (!strcmp(name, "ik")) return curve_decode_point_ed(key, data + 1, 32, context);
    return curve_decode_point_mont(key, data + 1, 32, context);
}

static int begin(party *p, const signal_protocol_address *address, const char *line) {
    ec_public_key *identity, *signed_prekey, *prekey;
    uint8_t signature[LINE];
    session_pre_key_bundle *bundle;
    session_builder *builder;
    size_t size = bytes(line, "sig", signature);
    TRY(decode(&identity, line, "ik"));
    TRY(decode(&signed_prekey, line, "spk"));
    TRY(decode(&prekey, line, "prekey"));
    TRY(session_pre_key_bundle_create(&bundle, address->device_id, address->device_id, number(line, "prekey_id"), prekey,
        number(line, "spk_id"), signed_prekey, signature, size, identity));
    TRY(session_builder_create(&builder, p->store, address, context));
    session_builder_set_version(builder, version);
    int code = session_builder_process_pre_key_bundle(builder, bundle);
    session_builder_free(builder);
    SIGNAL_UNREF(bundle);
    SIGNAL_UNREF(prekey);
    SIGNAL_UNREF(signed_prekey);
    SIGNAL_UNREF(identity);
    TRY(code);
    return 0;
}

static int seal(party *p, const char *line) {
    signal_protocol_address address = {"us", 2, number(line, "to")};
    static uint8_t text[LINE], sealed[LINE];
    uint8_t carried[48], iv[12], keys[96];
    size_t size = bytes(line, "text", text), carried_size = 32, iv_size = 12, sealed_size;
    if (value(line, "ik") && begin(p, &address, line) < 0) return -1;
    RAND_bytes(carried, 32);
    if (version == CIPHERTEXT_OMEMO_VERSION) {
        signal_buffer *out;
        uint8_t mac[32];
        payload_keys(carried, keys);
        TRY(cbc(1, &out, keys, keys + 64, text, size));
        sealed_size = signal_buffer_len(out);
        memcpy(sealed, signal_buffer_data(out), sealed_size);
        signal_buffer_free(out);
        HMAC(EVP_sha256(), keys + 32, 32, sealed, sealed_size, mac, NULL);
        memcpy(carried + 32, mac, 16);
        carried_size = 48;
        iv_size = 0;
    } else {
        RAND_bytes(iv, 12);
        TRY(gcm(1, carried, iv, 12, carried + 16, text, size, sealed));
        sealed_size = size;
    }
    session_cipher *cipher;
    ciphertext_message *message;
    TRY(session_cipher_create(&cipher, p->store, &address, context));
    session_cipher_set_version(cipher, version);
    TRY(session_cipher_encrypt(cipher, carried, carried_size, &message));
    signal_buffer *data = ciphertext_message_get_serialized(message);
    printf("{\"exchange\":%d,", ciphertext_message_get_type(message) == CIPHERTEXT_PREKEY_TYPE);
    print_hex("key", signal_buffer_data(data), signal_buffer_len(data));
    printf(",");
    print_hex("iv", iv, iv_size);
    printf(",");
    print_hex("payload", sealed, sealed_size);
    printf("}\n");
    SIGNAL_UNREF(message);
    session_cipher_free(cipher);
    return 0;
}

static int open_key(session_cipher *cipher, int exchange, const uint8_t *key, size_t size, uint32_t sender, signal_buffer **out) {
    int is_new = version == CIPHERTEXT_OMEMO_VERSION, code;
    if (exchange) {
        pre_key_signal_message *message;
        TRY(is_new ? pre_key_signal_message_deserialize_omemo(&message, key, size, sender, context)
                   : pre_key_signal_message_deserialize(&message, key, size, context));
        code = session_cipher_decrypt_pre_key_signal_message(cipher, message, NULL, out);
        SIGNAL_UNREF(message);
    } else {
        signal_message *message;
        TRY(is_new ? signal_message_deserialize_omemo(&message, key, size, context)
                   : signal_message_deserialize(&message, key, size, context));
        code = session_cipher_decrypt_signal_message(cipher, message, NULL, out);
        SIGNAL_UNREF(message);
    }
    TRY(code);
    return 0;
}

static int open_message(party *p, const char *line) {
    signal_protocol_address address = {"us", 2, number(line, "from")};
    static uint8_t key[LINE], iv[LINE], payload[LINE], text[LINE];
    size_t key_size = bytes(line, "key", key), iv_size = bytes(line, "iv", iv), size = bytes(line, "payload", payload);
    session_cipher *cipher;
    signal_buffer *carried = NULL;
    TRY(session_cipher_create(&cipher, p->store, &address, context));
    session_cipher_set_version(cipher, version);
    int code = open_key(cipher, number(line, "exchange"), key, key_size, address.device_id, &carried);
    session_cipher_free(cipher);
    if (code < 0) return code;
    uint8_t *data = signal_buffer_data(carried), keys[96], mac[32];
    if (version == CIPHERTEXT_OMEMO_VERSION) {
        signal_buffer *out;
        payload_keys(data, keys);
        HMAC(EVP_sha256(), keys + 32, 32, payload, size, mac, NULL);
        TRY(signal_buffer_len(carried) == 48 && !memcmp(mac, data + 32, 16) ? 0 : SG_ERR_INVALID_MAC);
        TRY(cbc(0, &out, keys, keys + 64, payload, size));
        size = signal_buffer_len(out);
        memcpy(text, signal_buffer_data(out), size);
        signal_buffer_free(out);
    } else {
        TRY(signal_buffer_len(carried) == 32 ? 0 : SG_ERR_INVALID_MESSAGE);
        TRY(gcm(0, data, iv, iv_size, data + 16, payload, size, text));
    }
    signal_buffer_free(carried);
    printf("{");
    print_hex("text", text, size);
    printf("}\n");
    return 0;
}

static void lock(void *user) {}

int main(int argc, char **argv) {
    static char line[LINE];
    signal_crypto_provider provider = {random_bytes, mac_init, mac_update, mac_final, mac_free, hash_init, hash_update,
        hash_final, hash_free, encrypt, decrypt, NULL};
    version = argc > 1 ? atoi(argv[1]) : 3;
    if (signal_context_create(&context, NULL) < 0 || signal_context_set_crypto_provider(context, &provider) < 0
        || signal_context_set_locking_functions(context, lock, lock) < 0)
        return 1;
    while (fgets(line, sizeof line, stdin)) {
        uint32_t place = number(line, "party");
        if (place >= PARTIES) fail("party", -1);
        else if (strstr(line, "\"do\":\"new\"")) new_party(&parties[place], line);
        else if (strstr(line, "\"do\":\"seal\"")) seal(&parties[place], line);
        else open_message(&parties[place], line);
        fflush(stdout);
    }
    return 0;
}
