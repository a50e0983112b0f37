/* See kallsyms.h. */
#include "supervise/kallsyms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/prog.h"
#include "insn/disasm.h"
#include "kfunc/kfunc.h"
#include "iter/fops.h"
#include "supervise/notify.h"
#include "supervise/sup.h"
#include "supervise/text_file.h"
#include "syscall/ksym.h"

#define MAX_HELPER 512 /* more than Linux will ever number */

void kallsyms_init(struct kallsyms *k)
{
	pthread_mutex_init(&k->lock, NULL);
	k->host = -1;
}

void kallsyms_done(struct kallsyms *k)
{
	if (k->host >= 0)
		close(k->host);
	pthread_mutex_destroy(&k->lock);
}

static bool is_ours(const char *name, size_t len)
{
	char kfunc[64];
	const char *helper;

	snprintf(kfunc, sizeof(kfunc), "%.*s", (int)len, name);
	if (kfunc_find(kfunc) >= 0)
		return true;

	for (u32 id = 1; id < MAX_HELPER; id++)
		if ((helper = helper_name(id)) && strlen(helper) == len &&
		    !memcmp(helper, name, len))
			return true;
	return false;
}

#define SYMBOL(name, kind) { #name, kind },
static const struct {
	const char *name;
	enum object_kind kind;
} fops[] = { FOPS_OF_OBJECTS(SYMBOL) };

static bool is_fops(const char *name, size_t len)
{
	for (u32 i = 0; i < ARRAY_SIZE(fops); i++)
		if (strlen(fops[i].name) == len && !memcmp(fops[i].name, name, len))
			return true;
	return false;
}

/* Is it one that we have, too, or one of the host's BPF programs? "address type name[\t[module]]\n" */
static bool is_replaced(const char *line)
{
	const char *type = strchr(line, ' '), *name = type ? strchr(type + 1, ' ') : NULL;
	size_t len;

	if (!name++)
		return false;
	len = strcspn(name, "\t\n");
	if (!strcmp(name + len, "\t[bpf]\n"))
		return true;
	if (is_fops(name, len))
		return true;
	if (!strncmp(name, "bpf_", 4))
		return is_ours(name, len);
	return len == 15 && !memcmp(name, "__bpf_call_base", 15);
}

static int copy_host(FILE *out)
{
	FILE *in = fopen("/proc/kallsyms", "re");
	char line[512];

	while (in && fgets(line, sizeof(line), in))
		if (!is_replaced(line))
			fputs(line, out);
	if (in)
		fclose(in);
	return fflush(out) ? -EIO : 0;
}

/* Under lock. A host that shows no symbols is one without any. */
static int read_host(struct kallsyms *k)
{
	int fd = memfd_create("kallsyms", MFD_CLOEXEC), err;
	FILE *out;

	if (fd < 0)
		return -errno;
	out = fdopen(fd, "w");
	if (!out) {
		close(fd);
		return -ENOMEM;
	}
	err = copy_host(out);
	if (!err)
		k->host = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	fclose(out);
	return err ?: (k->host < 0 ? -EMFILE : 0);
}

static void put_helpers(struct buf *out)
{
	const char *name;

	for (u32 i = 0; i < ARRAY_SIZE(fops); i++)
		buf_printf(out, "%016llx d %s\n", (unsigned long long)fops_address(fops[i].kind),
			   fops[i].name);
	buf_printf(out, "%016llx T __bpf_call_base\n", (unsigned long long)KSYM_CALL_BASE);
	for (u32 id = 1; id < MAX_HELPER; id++)
		if ((name = helper_name(id)))
			buf_printf(out, "%016llx T %s\n",
				   (unsigned long long)(KSYM_CALL_BASE +
							(u64)(s64)ksym_helper_imm(id)),
				   name);
}

static void put_kfuncs(struct buf *out)
{
	for (u32 row = 0; row < NR_KFUNCS; row++)
		buf_printf(out, "%016llx T %s\n",
			   (unsigned long long)(KSYM_CALL_BASE + (u64)(s64)ksym_kfunc_imm(row)),
			   kfuncs[row].name);
}

static void put_program(struct buf *out, const struct skep_prog *p)
{
	char name[PROG_SYMBOL_LEN];

	for (u32 i = 0; p->native && i < MAX(p->nr_subs, 1u); i++) {
		prog_symbol(p, i, name);
		buf_printf(out, "%016llx t %s\t[bpf]\n",
			   (unsigned long long)ksym_code(p->native->image) +
				   (i ? p->native->func_at[i] : 0),
			   name);
	}
}

static void put_programs(struct buf *out, struct skep *s)
{
	struct id_table *ids = &s->ids[OBJECT_PROG];
	struct object *o;

	for (u32 id = 0; (id = ids_next(ids, id));)
		if ((o = ids_get(ids, id))) {
			put_program(out, (struct skep_prog *)o);
			object_unref(o);
		}
}

/* A file of its own for each that opens it: positions are not shared. */
static int copy_file(int from)
{
	struct stat st;
	off_t at = 0;
	int fd = memfd_create("kallsyms", MFD_CLOEXEC);

	if (fd < 0 || fstat(from, &st) < 0)
		return fd;
	while (at < st.st_size && sendfile(fd, from, &at, (size_t)(st.st_size - at)) > 0)
		;
	return fd;
}

long kallsyms_open(struct caller *c)
{
	struct kallsyms *k = &c->sup->kallsyms;
	struct buf text = { 0 };
	int fd = -1, err = 0;
	long ret;

	notify_release(c);
	bpffs_reap(&c->sup->bpffs);
	files_reap(&c->sup->skep->files);
	pthread_mutex_lock(&k->lock);
	if (k->host < 0)
		err = read_host(k);
	if (!err)
		fd = copy_file(k->host);
	pthread_mutex_unlock(&k->lock);
	put_helpers(&text);
	put_kfuncs(&text);
	put_programs(&text, c->sup->skep);
	err = err ?: buf_error(&text) ?: (fd < 0 ? -EMFILE : 0);
	if (err && fd >= 0)
		close(fd);
	ret = err ?: give_file(c, fd, &text);
	buf_done(&text);
	return ret;
}
