/* See elf_insns.h. */
#include "elf_insns.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Elf_Data *find_section(Elf *elf, const char *name)
{
	Elf_Scn *scn = NULL;
	size_t names;
	GElf_Shdr sh;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) && !strcmp(elf_strptr(elf, names, sh.sh_name), name))
			return elf_getdata(scn, NULL);
	return NULL;
}

static int copy_insns(const Elf_Data *d, struct bpf_insn **out)
{
	if (!d || !d->d_size)
		return -1;
	*out = malloc(d->d_size);
	if (!*out)
		return -1;
	memcpy(*out, d->d_buf, d->d_size);
	return (int)(d->d_size / sizeof(**out));
}

int elf_insns(const char *path, const char *section, struct bpf_insn **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), n = -1;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	if (elf)
		n = copy_insns(find_section(elf, section), out);
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return n;
}
