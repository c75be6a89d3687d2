/* lexer.c - see lexer.h. The rules are those of PostgreSQL's scan.l with standard_conforming_strings = on. */
#include "sql/lexer.h"

#include <strings.h>

struct lexer {
    const char *text;
    size_t size;
    size_t at;
};

static char peek(const struct lexer *l, size_t ahead)
{
    return l->at + ahead < l->size ? l->text[l->at + ahead] : '\0';
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_word(char c)
{
    return is_word_start(c) || is_digit(c) || c == '$';
}

static bool is_operator(char c)
{
    return c != '\0' && strchr("~!@#^&|?+-*/%<>=", c) != NULL;
}

/* Behind a comment that begins here. False: no end. */
static bool skip_block_comment(struct lexer *l)
{
    int depth = 0;
    while (l->at < l->size) {
        if (peek(l, 0) == '/' && peek(l, 1) == '*') {
            depth++;
            l->at += 2;
        } else if (peek(l, 0) == '*' && peek(l, 1) == '/') {
            l->at += 2;
            if (--depth == 0)
                return true;
        } else {
            l->at++;
        }
    }
    return false;
}

/* Blanks and comments. False: a comment without an end. */
static bool skip_space(struct lexer *l)
{
    for (;;) {
        if (is_space(peek(l, 0))) {
            l->at++;
        } else if (peek(l, 0) == '-' && peek(l, 1) == '-') {
            while (l->at < l->size && peek(l, 0) != '\n' && peek(l, 0) != '\r')
                l->at++;
        } else if (peek(l, 0) == '/' && peek(l, 1) == '*') {
            if (!skip_block_comment(l))
                return false;
        } else {
            return true;
        }
    }
}

/* A quoted thing whose opening quote is here; doubled quotes stand for one. */
static bool skip_quoted(struct lexer *l, char quote, bool backslash)
{
    l->at++;
    while (l->at < l->size) {
        char c = l->text[l->at++];
        if (c == '\\' && backslash && l->at < l->size)
            l->at++;
        else if (c == quote && peek(l, 0) == quote)
            l->at++;
        else if (c == quote)
            return true;
    }
    return false;
}

/* $tag$ ... $tag$; false if this is no dollar quote (then nothing is skipped) or has no end (*unterminated). */
static bool skip_dollar_quoted(struct lexer *l, bool *unterminated)
{
    size_t tag_size = 1;
    while (is_word(peek(l, tag_size)) && peek(l, tag_size) != '$' && !(tag_size == 1 && is_digit(peek(l, 1))))
        tag_size++;
    if (peek(l, tag_size) != '$')
        return false;
    tag_size++;
    const char *tag = l->text + l->at;
    for (size_t end = l->at + tag_size; end + tag_size <= l->size; end++)
        if (memcmp(l->text + end, tag, tag_size) == 0) {
            l->at = end + tag_size;
            return true;
        }
    *unterminated = true;
    return false;
}

static void skip_number(struct lexer *l)
{
    while (is_digit(peek(l, 0)) || (peek(l, 0) == '.' && peek(l, 1) != '.'))
        l->at++;
    size_t sign = peek(l, 1) == '+' || peek(l, 1) == '-' ? 1 : 0;
    if ((peek(l, 0) == 'e' || peek(l, 0) == 'E') && is_digit(peek(l, 1 + sign)))
        for (l->at += 1 + sign; is_digit(peek(l, 0));)
            l->at++;
}

static void skip_operator(struct lexer *l)
{
    size_t start = l->at;
    while (is_operator(peek(l, 0))) {
        bool comment = (peek(l, 0) == '-' && peek(l, 1) == '-') || (peek(l, 0) == '/' && peek(l, 1) == '*');
        if (comment && l->at != start)
            return;
        l->at++;
    }
}

/* The prefix letter of E'x', B'x', X'x', N'x'; or U& of U&'x' and U&"x"; 0 if there is none. */
static size_t string_prefix_size(const struct lexer *l)
{
    char c = peek(l, 0);
    if (peek(l, 1) == '\'' && strchr("eEbBxXnN", c) != NULL)
        return 1;
    if ((c == 'u' || c == 'U') && peek(l, 1) == '&' && (peek(l, 2) == '\'' || peek(l, 2) == '"'))
        return 2;
    return 0;
}

static enum token_kind lex_quoted(struct lexer *l, size_t prefix)
{
    bool backslash = prefix == 1 && (peek(l, 0) == 'e' || peek(l, 0) == 'E');
    l->at += prefix;
    char quote = peek(l, 0);
    if (!skip_quoted(l, quote, backslash))
        return TOKEN_UNTERMINATED;
    return quote == '\'' ? TOKEN_STRING : TOKEN_NAME;
}

static enum token_kind lex_dollar(struct lexer *l)
{
    bool unterminated = false;
    if (skip_dollar_quoted(l, &unterminated))
        return TOKEN_STRING;
    if (unterminated) {
        l->at = l->size;
        return TOKEN_UNTERMINATED;
    }
    l->at++;
    if (!is_digit(peek(l, 0)))
        return TOKEN_CHARACTER;
    while (is_digit(peek(l, 0)))
        l->at++;
    return TOKEN_PARAMETER;
}

static enum token_kind lex(struct lexer *l)
{
    char c = peek(l, 0);
    if (c == '\'' || c == '"' || c == '`')
        return lex_quoted(l, 0);
    if (is_word_start(c)) {
        size_t prefix = string_prefix_size(l);
        if (prefix != 0)
            return lex_quoted(l, prefix);
        while (is_word(peek(l, 0)))
            l->at++;
        return TOKEN_WORD;
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(l, 1)))) {
        skip_number(l);
        return TOKEN_NUMBER;
    }
    if (c == '$')
        return lex_dollar(l);
    if (is_operator(c)) {
        skip_operator(l);
        return TOKEN_OPERATOR;
    }
    bool is_pair = c == ':' && (peek(l, 1) == ':' || peek(l, 1) == '=');
    l->at += is_pair ? 2 : 1;
    return is_pair ? TOKEN_OPERATOR : TOKEN_CHARACTER;
}

struct token lexer_next(const char *text, size_t size, size_t *at)
{
    struct lexer l = {text, size, *at};
    size_t before = l.at;
    if (!skip_space(&l)) {
        *at = size;
        return (struct token){TOKEN_UNTERMINATED, (uint32_t)before, (uint32_t)size};
    }
    struct token t = {TOKEN_END, (uint32_t)l.at, (uint32_t)l.at};
    if (l.at < size) {
        t.kind = lex(&l);
        if (l.at > size)
            l.at = size;
        t.end = (uint32_t)l.at;
    }
    *at = l.at;
    return t;
}

struct token *lexer_all(const char *text, size_t size, struct arena *arena, uint32_t *count)
{
    uint32_t capacity = (uint32_t)(size / 4) + 16;
    struct token *tokens = ARENA_ARRAY(arena, struct token, capacity);
    *count = 0;
    for (size_t at = 0;; (*count)++) {
        if (*count == capacity) {
            struct token *grown = ARENA_ARRAY(arena, struct token, (size_t)capacity * 2);
            memcpy(grown, tokens, capacity * sizeof *tokens);
            tokens = grown;
            capacity *= 2;
        }
        tokens[*count] = lexer_next(text, size, &at);
        if (tokens[*count].kind == TOKEN_END)
            return tokens;
    }
}

bool token_is(const char *text, const struct token *t, const char *word)
{
    if (t->kind != TOKEN_WORD && t->kind != TOKEN_CHARACTER && t->kind != TOKEN_OPERATOR)
        return false;
    size_t size = strlen(word);
    return t->end - t->start == size && strncasecmp(text + t->start, word, size) == 0;
}

static char escape_value(char c)
{
    static const char NAMES[] = "bfnrt";
    static const char VALUES[] = "\b\f\n\r\t";
    const char *at = strchr(NAMES, c);
    return c == '\0' || at == NULL ? c : VALUES[at - NAMES];
}

static const char *quoted_value(const char *from, const char *end, char quote, bool backslash, struct arena *arena)
{
    char *out = arena_alloc(arena, (size_t)(end - from) + 1);
    size_t size = 0;
    while (from < end) {
        if (backslash && *from == '\\' && from + 1 < end) {
            out[size++] = escape_value(from[1]);
            from += 2;
        } else {
            from += *from == quote && from + 1 < end && from[1] == quote ? 1 : 0;
            out[size++] = *from++;
        }
    }
    out[size] = '\0';
    return out;
}

const char *token_value(const char *text, const struct token *t, struct arena *arena)
{
    const char *from = text + t->start;
    const char *end = text + t->end;
    if (t->kind == TOKEN_STRING && *from == '$') {
        size_t tag_size = (size_t)(strchr(from + 1, '$') - from) + 1;
        return arena_copy_bytes(arena,
                                (struct bytes){(const uint8_t *)from + tag_size, (size_t)(end - from) - 2 * tag_size});
    }
    if (t->kind == TOKEN_STRING || t->kind == TOKEN_NAME) {
        bool backslash = *from == 'e' || *from == 'E';
        while (*from != '\'' && *from != '"' && *from != '`')
            from++;
        return quoted_value(from + 1, end - 1, *from, backslash, arena);
    }
    char *out = arena_copy_bytes(arena, (struct bytes){(const uint8_t *)from, (size_t)(end - from)});
    for (char *c = out; t->kind == TOKEN_WORD && *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
    return out;
}
