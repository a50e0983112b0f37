# Front door: `make` builds build/skep, `make demo` shows it, `make check` tests all. The build itself
# is Meson's (meson.build in each folder).

all: build/build.ninja
	@ninja -C build

build/build.ninja:
	@command -v meson >/dev/null || { echo "meson is missing: tools/setup installs what is needed (Debian 12)"; exit 1; }
	@meson setup build >/dev/null

demo:
	@tools/demo

check:
	@tools/check

# Linux's own suites as clients (tests/kernel/run --help says what else it can): UPDATE=1 rewrites the tables of results,
# KERNEL=1 asks this machine's kernel again.
check-kernel: all
	@tests/kernel/run --unpriv $(if $(UPDATE),--update) $(if $(KERNEL),--kernel)

# Does each known way to break the verifier show? tools/check-mutations --help
check-mutations: all
	@tools/check-mutations

lint:
	@tools/check lint

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

bench: all
	@tools/setup bench && meson setup --reconfigure build >/dev/null && ninja -C build >/dev/null
	@meson test -C build --benchmark --no-rebuild --verbose

install: all
	@meson install -C build --no-rebuild

clean:
	@rm -rf build build-asan build-tsan build-aarch64

.PHONY: all demo check check-kernel check-mutations lint format bench install clean
