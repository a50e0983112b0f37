/* See report.h. */
#include "cli/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/dump.h"
#include "cli/object.h"

struct sink { /* where map_dump() empties its buffer into */
	FILE *f;
	struct buf buf;
};

static void drain(void *arg)
{
	struct sink *s = arg;

	fwrite(buf_str(&s->buf), 1, s->buf.len, s->f);
	buf_reset(&s->buf);
}

static int finish(FILE *f)
{
	if (fflush(f) || ferror(f))
		return complain("cannot write the report: %s", strerror(errno));
	return DONE;
}

/* Maps that say something: libbpf's own for string literals have no type information. */
static bool is_worth_showing(const struct bpf_map *m)
{
	return !bpf_map__is_internal(m) || bpf_map__btf_value_type_id(m);
}

/* --- text --- */

static void print_time(FILE *f, u64 ns, u64 runs)
{
	double t = (double)ns / (double)runs;

	if (t < 10000)
		fprintf(f, "%.0f ns", t);
	else if (t < 10000000)
		fprintf(f, "%.0f us", t / 1000);
	else
		fprintf(f, "%.0f ms", t / 1000000);
}

static void print_count(FILE *f, u64 n, const char *one, const char *many)
{
	fprintf(f, "%" PRIu64 " %s", n, n == 1 ? one : many);
}

static void print_trace(const struct report *r)
{
	char lines[4096];
	size_t n;

	while ((n = skep_trace_read(r->skep, lines, sizeof(lines))))
		fwrite(lines, 1, n, r->out);
}

static void print_remark(FILE *f, u64 n, const char *what)
{
	if (n) {
		fputs("  ", f);
		print_count(f, n, "packet ", "packets ");
		fprintf(f, "%s\n", what);
	}
}

static void print_program(const struct report *r)
{
	const struct run_result *res = r->result;
	struct buf verdicts = { 0 };

	fprintf(r->out, "%s (%s): ", bpf_program__name(r->program),
		prog_type_name(bpf_program__type(r->program)));
	print_count(r->out, res->runs, "run", "runs");
	if (res->runs && !r->repeatable) {
		fputs(", ", r->out);
		print_time(r->out, res->ns, res->runs);
		fputs(res->runs == 1 ? "" : " each", r->out);
	}
	fputs("\n", r->out);
	if (res->runs) {
		tally_text(&res->verdicts, bpf_program__type(r->program), &verdicts);
		fprintf(r->out, "  %s\n", buf_str(&verdicts));
		buf_done(&verdicts);
	}
	print_remark(r->out, res->short_frames, "too short for an Ethernet header, not run");
	print_remark(r->out, res->long_packets, "too long, not run");
	print_remark(r->out, res->snapped, "only in part in the capture");
	if (r->written_to) {
		fputs("  ", r->out);
		print_count(r->out, res->written, "packet", "packets");
		fprintf(r->out, " written to %s\n", r->written_to);
	}
	if (res->interrupted)
		fputs("  interrupted\n", r->out);
}

static int print_map(FILE *f, const struct bpf_map *m)
{
	struct sink sink = { .f = f };
	struct map_dump d;
	struct json j;
	s64 n = map_describe(m, &d);

	fprintf(f, "\n%s (%s, %u %s)%s", d.name, d.type, d.max_entries,
		d.max_entries == 1 ? "entry" : "entries",
		d.readable ? ":\n" : ": has no elements to list\n");
	if (!d.readable)
		return DONE;
	json_init(&j, &sink.buf, true);
	if (n >= 0)
		n = map_dump(m, &j, drain, &sink);
	drain(&sink);
	buf_done(&sink.buf);
	fputc('\n', f);
	return n < 0 ? complain("map %s cannot be read: %s", d.name, strerror((int)-n)) : DONE;
}

int report_text(const struct report *r)
{
	struct bpf_map *m;
	int ret = DONE;

	print_trace(r);
	print_program(r);
	if (r->dump_maps)
		bpf_object__for_each_map(m, r->object) if (is_worth_showing(m)) ret =
			print_map(r->out, m) ?: ret;
	return finish(r->out) ?: ret;
}

/* --- JSON --- */

static void key_u64(struct json *j, const char *name, u64 v)
{
	json_key(j, name);
	json_u64(j, v);
}

static void key_text(struct json *j, const char *name, const char *v)
{
	json_key(j, name);
	json_text(j, v);
}

static void json_trace(struct json *j, const struct report *r)
{
	char lines[4096];
	size_t n;

	json_key(j, "trace");
	json_array(j);
	while ((n = skep_trace_read(r->skep, lines, sizeof(lines))))
		for (char *p = lines, *nl; (nl = memchr(p, '\n', (size_t)(lines + n - p)));
		     p = nl + 1)
			json_string(j, p, (size_t)(nl - p));
	json_end_array(j);
}

static void json_verdicts(struct json *j, const struct tally *t, u32 type)
{
	json_key(j, "actions");
	json_object(j);
	/* socket filters return lengths: all of them are "kept" */
	for (int kept = 0; type == BPF_PROG_TYPE_SOCKET_FILTER && kept < 2; kept++) {
		u64 n = kept ? t->others : 0;

		for (u32 i = 0; i < t->n; i++)
			n += !!t->v[i].value == kept ? t->v[i].n : 0;
		key_u64(j, kept ? "kept" : "dropped", n);
	}
	for (u32 i = 0; type != BPF_PROG_TYPE_SOCKET_FILTER && i < t->n; i++) {
		const char *name = action_name(type, t->v[i].value);
		char number[16];

		snprintf(number, sizeof(number), "%d", (s32)t->v[i].value);
		key_u64(j, name ? name : number, t->v[i].n);
	}
	if (t->others && type != BPF_PROG_TYPE_SOCKET_FILTER)
		key_u64(j, "others", t->others);
	json_end_object(j);
}

static void json_program(struct json *j, const struct report *r)
{
	const struct run_result *res = r->result;
	u32 type = bpf_program__type(r->program);

	json_key(j, "programs");
	json_array(j);
	json_object(j);
	key_text(j, "name", bpf_program__name(r->program));
	key_text(j, "type", prog_type_name(type));
	key_u64(j, "run_cnt", res->runs);
	if (!r->repeatable)
		key_u64(j, "run_time_ns", res->ns);
	json_verdicts(j, &res->verdicts, type);
	json_end_object(j);
	json_end_array(j);
	json_key(j, "packets");
	json_object(j);
	key_u64(j, "read", res->packets);
	key_u64(j, "bytes", res->bytes);
	key_u64(j, "written", res->written);
	key_u64(j, "too_short", res->short_frames);
	key_u64(j, "too_long", res->long_packets);
	key_u64(j, "captured_in_part", res->snapped);
	json_end_object(j);
	json_key(j, "interrupted");
	json_bool(j, res->interrupted);
}

static int json_map(struct json *j, struct bpf_map *m, struct sink *sink)
{
	struct map_dump d;
	s64 n = map_describe(m, &d);

	json_object(j);
	key_text(j, "name", d.name);
	key_text(j, "type", d.type);
	key_u64(j, "max_entries", d.max_entries);
	json_key(j, "elements");
	if (n >= 0 && d.readable)
		n = map_dump(m, j, drain, sink);
	else
		json_null(j);
	json_end_object(j);
	return n < 0 ? complain("map %s cannot be read: %s", d.name, strerror((int)-n)) : DONE;
}

int report_json(const struct report *r)
{
	struct sink sink = { .f = r->out };
	struct bpf_map *m;
	struct json j;
	int ret = DONE;

	json_init(&j, &sink.buf, true);
	json_object(&j);
	key_text(&j, "object", r->file);
	json_trace(&j, r);
	json_program(&j, r);
	if (r->dump_maps) {
		json_key(&j, "maps");
		json_array(&j);
		bpf_object__for_each_map(m, r->object) if (is_worth_showing(m)) ret =
			json_map(&j, m, &sink) ?: ret;
		json_end_array(&j);
	}
	json_end_object(&j);
	buf_puts(&sink.buf, "\n");
	drain(&sink);
	buf_done(&sink.buf);
	return finish(r->out) ?: ret;
}
