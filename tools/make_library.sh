#!/bin/sh
# make_library.sh OUTPUT ARCHIVE... -- COMPILER...: joins static libraries into one object that shows only leat_* and
# leaves it as the only member of OUTPUT. The compiler links it, because with LTO the archives hold no machine code yet.
set -eu
output=$1
shift
archives=
while [ "$1" != -- ]; do
    archives="$archives $1"
    shift
done
shift
object=${output%.a}.o
lto=
case "$("$@" --version)" in *"Free Software Foundation"*) lto=-flinker-output=nolto-rel ;; esac
# shellcheck disable=SC2086 # a list of paths that Meson made, without spaces
"$@" -r -nostdlib $lto -o "$object" -Wl,--whole-archive $archives
objcopy --localize-hidden "$object"
rm -f "$output"
ar rcs "$output" "$object"
rm -f "$object"
