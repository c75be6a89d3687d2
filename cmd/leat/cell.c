/* cell.c - widths without the C library's locale, which costs every start a millisecond. */
#include "cell.h"

static uint32_t next_character(const unsigned char **at, const unsigned char *end)
{
    const unsigned char *p = *at;
    unsigned extra = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
    uint32_t c = extra == 0 ? *p : *p & (0x3fu >> extra);
    p++;
    for (; extra > 0 && p < end; extra--, p++)
        c = c << 6 | (*p & 0x3f);
    *at = p;
    return c;
}

static bool is_in(uint32_t c, const uint32_t (*ranges)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

static size_t character_width(uint32_t c)
{
    static const uint32_t NONE[][2] = {{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd}, {0x64b, 0x65f}, {0x200b, 0x200f}, {0x20d0, 0x20f0}, {0xfe00, 0xfe0f}};
    static const uint32_t WIDE[][2] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
                                       {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
    if (c < 0x300)
        return 1;
    return is_in(c, NONE, sizeof NONE / sizeof *NONE) ? 0 : is_in(c, WIDE, sizeof WIDE / sizeof *WIDE) ? 2 : 1;
}

size_t cell_width(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    size_t width = 0;
    while (at < end)
        width += character_width(next_character(&at, end));
    return width;
}

size_t cell_widest_line(const char *text)
{
    size_t widest = 0;
    for (;;) {
        size_t size = strcspn(text, "\n"), width = cell_width(text, size);
        widest = width > widest ? width : widest;
        if (text[size] == '\0')
            return widest;
        text += size + 1;
    }
}

void cell_put_shown(struct buffer *out, struct bytes text)
{
    size_t line = out->size;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = text.data[i];
        if (c == '\r')
            buffer_put_text(out, "\\r");
        else if (c == '\t') {
            size_t width = cell_width((const char *)out->data + line, out->size - line);
            for (size_t blanks = 8 - width % 8; blanks > 0; blanks--)
                buffer_put_u8(out, ' ');
        } else if ((c < 0x20 && c != '\n') || c == 0x7f)
            buffer_printf(out, "\\x%02X", c);
        else
            buffer_put_u8(out, c);
        if (c == '\n')
            line = out->size;
    }
}
