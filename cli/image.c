/* The file behind a BPF object: read or compiled, and looked over before libbpf and libelf see it, as
 * their messages about damaged files are hard to understand (and old libelf trusts offsets). */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aot/aot.h"
#include "cli/cli.h"
#include "cli/compile.h"
#include "cli/object.h"

#define MAX_FILE (256u << 20)

/* "dir/hello.bpf.o" is object "hello", as for libbpf when it opens files itself. */
static void name_object(struct bpf_image *image)
{
	const char *slash = strrchr(image->path, '/'), *base = slash ? slash + 1 : image->path;

	snprintf(image->name, sizeof(image->name), "%.*s", (int)strcspn(base, "."), base);
}

static int read_object(const char *path, struct buf *b)
{
	char chunk[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd < 0)
		return complain("%s: %s", path, strerror(errno));
	while (b->len < MAX_FILE && (n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_put(b, chunk, (size_t)n);
	if (n < 0)
		complain("%s: %s", path, strerror(errno));
	else if (b->len >= MAX_FILE)
		n = complain("%s: is larger than %u MiB", path, MAX_FILE >> 20);
	else if (buf_error(b))
		n = complain("%s: no memory", path);
	close(fd);
	return n ? FAILED : DONE;
}

static const char *machine_name(unsigned int machine)
{
	switch (machine) {
	case EM_386: return "i386";
	case EM_X86_64: return "x86-64";
	case EM_ARM: return "ARM";
	case EM_AARCH64: return "AArch64";
	case EM_RISCV: return "RISC-V";
	case EM_PPC64: return "PowerPC64";
	case EM_S390: return "S/390";
	}
	return "another machine";
}

static int check_sections(const char *path, const u8 *elf, size_t size, const Elf64_Ehdr *h)
{
	if (!h->e_shoff || !h->e_shnum)
		return complain("%s: ELF file without sections: nothing in it", path);
	if (h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shoff > size || h->e_shoff % 8 ||
	    h->e_shnum > (size - h->e_shoff) / sizeof(Elf64_Shdr))
		return complain(
			"%s: truncated or corrupt ELF file: its %u section headers would end "
			"at byte %llu, the file at byte %zu",
			path, h->e_shnum,
			(unsigned long long)h->e_shoff + h->e_shnum * sizeof(Elf64_Shdr), size);
	for (u32 i = 0; i < h->e_shnum; i++) {
		const Elf64_Shdr *s = (const void *)(elf + h->e_shoff + i * sizeof(*s));

		if (s->sh_type == SHT_NULL || s->sh_type == SHT_NOBITS)
			continue;
		if (s->sh_offset > size || s->sh_size > size - s->sh_offset)
			return complain(
				"%s: truncated or corrupt ELF file: section %u of %llu bytes "
				"at byte %llu does not lie within its %zu bytes",
				path, i, (unsigned long long)s->sh_size,
				(unsigned long long)s->sh_offset, size);
	}
	return DONE;
}

static int check_elf(const char *path, const u8 *elf, size_t size)
{
	const Elf64_Ehdr *h = (const void *)elf;

	if (!size)
		return complain("%s: is empty", path);
	if (size < SELFMAG || memcmp(elf, ELFMAG, SELFMAG))
		return complain("%s: is no ELF file (and its name does not end in .c)", path);
	if (size < sizeof(*h))
		return complain("%s: truncated ELF file: %zu bytes, not even the header", path,
				size);
	if (h->e_ident[EI_CLASS] != ELFCLASS64)
		return complain("%s: a 32-bit ELF file; BPF objects have 64 bits", path);
	if (h->e_ident[EI_DATA] != ELFDATA2LSB)
		return complain(
			"%s: a big-endian object, this machine is little-endian (clang -target bpf "
			"makes the right one)",
			path);
	if (h->e_machine != EM_BPF)
		return complain(
			"%s: compiled for %s (ELF machine %u), not for BPF (clang -target bpf)",
			path, machine_name(h->e_machine), h->e_machine);
	if (h->e_type != ET_REL)
		return complain("%s: not a relocatable object (ELF type %u)", path, h->e_type);
	return check_sections(path, elf, size, h) ?: image_check_btf(path, elf);
}

/* skep aot's objects hold the BPF object that they were made from. */
static int split_native(struct bpf_image *image)
{
	struct buf whole = image->elf;
	size_t size;
	const void *bpf = aot_section(whole.data, whole.len, AOT_SECTION_BPF, &size);

	if (!bpf)
		return DONE;
	image->native = whole;
	image->elf = (struct buf){ 0 };
	buf_put(&image->elf, bpf, size);
	return buf_error(&image->elf) ? complain("%s: no memory", image->path) : DONE;
}

int image_read(struct bpf_image *image, const char *path, const struct object_options *opt)
{
	int ret;

	*image = (struct bpf_image){ .path = path };
	name_object(image);
	if (is_source(path)) {
		if (access(path, R_OK))
			ret = complain("%s: %s", path, strerror(errno));
		else
			ret = compile(path, opt->clang_options, opt->nr_clang_options, &image->elf);
	} else {
		ret = read_object(path, &image->elf);
	}
	ret = ret ?: split_native(image);
	ret = ret ?: check_elf(path, (const u8 *)buf_str(&image->elf), image->elf.len);
	if (ret)
		image_done(image);
	return ret;
}

void image_done(struct bpf_image *image)
{
	buf_done(&image->elf);
	buf_done(&image->native);
}
