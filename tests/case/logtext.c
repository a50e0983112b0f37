/* See logtext.h. */
#include "case/logtext.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_IDS 4096

struct ids { /* in the order of their first appearance */
	unsigned long seen[MAX_IDS];
	u32 n;
};

static u32 id_number(struct ids *ids, unsigned long id)
{
	u32 i = 0;

	while (i < ids->n && ids->seen[i] != id)
		i++;
	if (i == ids->n && i < MAX_IDS)
		ids->seen[ids->n++] = id;
	return i + 1;
}

/* Length of an address such as 0xffff8881043df200 at p, 0 if there is none. Numbers that programs
 * compute are as long, so only what a ld_imm64 line loads counts. */
static size_t address_length(const char *line, const char *p)
{
	size_t n = 2;

	if (!strstr(line, "(18) r") || strncmp(p, "0x", 2))
		return 0;
	while (isxdigit((unsigned char)p[n]))
		n++;
	/* the kernel's, or one of a process: where it is loaded, or where it maps */
	return n == 2 + 16 && !strncmp(p, "0xffff", 6)			    ? n
	       : n == 2 + 12 && (p[2] == '5' || p[2] == '6' || p[2] == '7') ? n
									    : 0;
}

static const char *after_id(const char *p) /* behind "id=", or NULL */
{
	static const char *const marks[] = { "ref_obj_id=", "id=" };

	for (u32 i = 0; i < ARRAY_SIZE(marks); i++)
		if (!strncmp(p, marks[i], strlen(marks[i])))
			return p + strlen(marks[i]);
	return NULL;
}

static void normalize_line(const char *line, struct ids *ids, struct buf *out)
{
	const char *p = line;

	while (*p) {
		const char *id = p == line || !islower((unsigned char)p[-1]) ? after_id(p) : NULL;
		size_t address = address_length(line, p);
		char *end;

		if (id && isdigit((unsigned char)*id)) {
			buf_put(out, p, (size_t)(id - p));
			buf_printf(out, "%u", id_number(ids, strtoul(id, &end, 10)));
			p = end;
		} else if (address) {
			buf_puts(out, "ADDRESS");
			p += address;
			if (p[strspn(p, " ")] == ';') /* the column depends on its length */
				p += strspn(p, " ");
		} else {
			buf_put(out, p++, 1);
		}
	}
	buf_puts(out, "\n");
}

/* Notes on the liveness of stack slots, which Linux finds out on the way and skep does not track. */
static bool is_stack_liveness(const char *line)
{
	return strstr(line, ") live stack update done in") ||
	       (line[0] == '(' && strstr(line, ") frame ") &&
		(strstr(line, " +live ") || strstr(line, " -live ") || strstr(line, " +written ")));
}

void log_normalize(const char *log, struct buf *out)
{
	struct ids *ids = calloc(1, sizeof(*ids));
	char *copy = strdup(log), *rest = copy, *line;

	while (ids && copy && (line = strsep(&rest, "\n")))
		if (strncmp(line, "verification time", 17) && !is_stack_liveness(line) &&
		    (*line || rest))
			normalize_line(line, ids, out);
	free(copy);
	free(ids);
}

static char *take_line(const char **s)
{
	size_t n = strcspn(*s, "\n");
	char *line = strndup(*s, n);

	*s += n + ((*s)[n] != '\0');
	return line;
}

void log_first_difference(const char *a, const char *b, char **line_a, char **line_b)
{
	struct buf na = { 0 }, nb = { 0 };
	const char *pa, *pb;

	log_normalize(a, &na);
	log_normalize(b, &nb);
	*line_a = *line_b = NULL;
	pa = buf_str(&na);
	pb = buf_str(&nb);
	while (*pa || *pb) {
		char *la = take_line(&pa), *lb = take_line(&pb);

		if (strcmp(la ?: "", lb ?: "")) {
			*line_a = la;
			*line_b = lb;
			break;
		}
		free(la);
		free(lb);
	}
	buf_done(&na);
	buf_done(&nb);
}
