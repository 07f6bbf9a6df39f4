#!/bin/sh
# Run by mmdebstrap with the new root directory as first argument.
set -eu
root=$1

echo 'task:x:10001:10001:task:/home/task:/usr/sbin/nologin' >>"$root/etc/passwd"
echo 'task:x:10001:' >>"$root/etc/group"
mkdir -p "$root/home/task"
chown 10001:10001 "$root/home/task"

# Debian's bytecode is checked by time stamp, and times are clamped afterwards: compile it again, never to be checked.
# An empty environment: what the interpreter has loaded shows in the references inside the bytecode.
find "$root/usr" -name __pycache__ -prune -exec rm -rf {} +
env -i LC_ALL=C.UTF-8 PYTHONHASHSEED=0 "$(command -v chroot)" "$root" \
    /usr/bin/python3 -I -S -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3.11

# mmdebstrap copies these two from the machine it runs on.
: >"$root/etc/hostname"
: >"$root/etc/resolv.conf"
chmod 644 "$root/etc/hostname" "$root/etc/resolv.conf"

# A log says when it was made, which would change the digest.
find "$root/var/log" -type f -delete
rm -f "$root/var/cache/ldconfig/aux-cache"
