"""What a bpffs does with names, files and modes. usage: bpffs_client.py DIRECTORY: a bpffs that holds the pins prog and
map. Prints the same in the kernel's and in skep's. Directories' sizes are not looked at: ours are a tmpfs's."""
import os
import stat
import sys

root = sys.argv[1]
os.chdir(root)
OPENS = {"RDONLY": os.O_RDONLY, "RDWR": os.O_RDWR, "WRONLY": os.O_WRONLY, "CREAT": os.O_CREAT | os.O_WRONLY,
         "EXCL": os.O_CREAT | os.O_EXCL | os.O_WRONLY, "TRUNC": os.O_TRUNC | os.O_WRONLY, "PATH": os.O_PATH,
         "DIRECTORY": os.O_DIRECTORY, "NOFOLLOW": os.O_NOFOLLOW}
MAKES = {"mkdir": os.mkdir, "mknod": lambda p: os.mknod(p, stat.S_IFREG | 0o600), "fifo": os.mkfifo,
         "symlink": lambda p: os.symlink("map", p), "link": lambda p: os.link("map", p),
         "rename": lambda p: os.rename("map", p)}


def attempt(what, fn):
    try:
        fn()
        result = "ok"
    except OSError as e:
        result = e.strerror
    print(what, result)
    return result


def opens(name, dir_fd=None):
    for how, flags in OPENS.items():
        if "." in name and how in ("PATH", "DIRECTORY"):
            continue  # these two are not trapped: ENOENT instead of EPERM
        attempt(f"open {name} {how}", lambda: os.close(os.open(name, flags, 0o600, dir_fd=dir_fd)))


def make(name):
    for how, fn in MAKES.items():
        if attempt(f"{how} {name}", lambda: fn(name)) != "ok":
            continue
        if how == "rename":
            os.rename(name, "map")
        else:
            (os.rmdir if how == "mkdir" else os.unlink)(name)


def show(name):
    s = os.lstat(name)
    size = "" if stat.S_ISDIR(s.st_mode) or stat.S_ISLNK(s.st_mode) else s.st_size
    print(name, stat.filemode(s.st_mode), s.st_uid, s.st_gid, size, s.st_nlink, s.st_blocks, s.st_blksize)


os.mkdir("dir")
os.symlink("map", "soft")
for name in ("map", "prog", "dir", "soft", "new", "new.x", "dir/new", "dir/new.x", "map/x", f"{root}/map", f"{root}/new.x"):
    opens(name)
for name in ("new", "new.x", ".new", "map", "dir/new", "dir/new.x", "map/x", "nowhere/x", f"{root}/new.x"):
    make(name)
fd = os.open("dir", os.O_RDONLY)
opens("../map", fd)
opens("x.y", fd)
attempt("chmod", lambda: os.chmod("map", 0o640))
attempt("chown", lambda: os.chown("map", 0, 0))
attempt("truncate", lambda: os.truncate("map", 5))
attempt("utime", lambda: os.utime("map", (1, 1)))
os.link("map", "hard")
for name in ("map", "hard", "prog", "dir", "soft", "."):
    show(name)
v = os.statvfs(".")
print("statfs", v.f_bsize, v.f_blocks, v.f_bfree, v.f_files, v.f_namemax)
print("order", [n for n in os.listdir(".") if not n.endswith(".debug")])
print("types", sorted((e.name, e.is_dir(), e.is_symlink()) for e in os.scandir(".") if not e.name.endswith(".debug")))
attempt("rmdir .", lambda: os.rmdir("."))
attempt("unlink dir", lambda: os.unlink("dir"))
attempt("rmdir map", lambda: os.rmdir("map"))
attempt("rename over", lambda: os.rename("hard", "prog"))
attempt("rename dir", lambda: os.rename("dir", "dir2"))
attempt("rmdir dir2", lambda: os.rmdir("dir2"))
