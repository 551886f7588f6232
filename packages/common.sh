# Read by the scripts of packages/: what is packed, for which machine, under which version. They run from the top of the tree.
# shellcheck shell=bash

SELF=packages/$(basename "$0")
die() { echo "$SELF: $*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || die "'$1' is missing: install $2"; }

VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
OUT=$(realpath -m "${CARGO_TARGET_DIR:-target}")/packages
# The same source gives the same package, to the byte.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}

# The processor that an ELF file is for; `armhf` and `armel` as Debian has them: with and without hardware floating point.
processor() {
  local head class data machine flags
  head=$(od -An -v -tx1 -N52 "$1" | tr -d ' \n')
  [[ $head == 7f454c46* ]] || die "$1 is no program"
  class=${head:8:2} data=${head:10:2} machine=${head:36:4}
  [ "$data" = 01 ] && machine=${machine:2:2}${machine:0:2}
  case $class$data$machine in
    0201003e) echo x86_64 ;;
    020100b7) echo aarch64 ;;
    020100f3) echo riscv64 ;;
    01010028)
      flags=${head:74:2}        # the second byte of e_flags: EF_ARM_ABI_FLOAT_HARD is 4
      if (( 16#$flags & 4 )); then echo armhf; else echo armel; fi ;;
    01010008) echo mipsel ;;
    01020008) echo mips ;;
    *) die "$1 is for a processor that packages are not made for" ;;
  esac
}

# Sets BINARY, its PROCESSOR and the file of NOTICES, from a target, which is built, or a binary.
find_binary() {
  if [ -f "$1" ]; then BINARY=$(realpath "$1")
  else
    case $1 in
      */* | [!a-z]* | *[!a-z0-9_-]*) die "'$1' is neither a file nor a target of cross/build" ;;
    esac
    local said
    said=$(cross/build "$1") || exit 1
    BINARY=$(realpath "$(tail -n 1 <<<"$said" | cut -d' ' -f1)")
  fi
  # Only from here on: C compilers read it, and would compile anew after each commit.
  export SOURCE_DATE_EPOCH
  PROCESSOR=$(processor "$BINARY")
  NOTICES=${BINARY%/*}/NOTICES.txt
  # cross/build leaves them beside the binary; cargo does not.
  [ -f "$NOTICES" ] || { mkdir -p "$OUT"; NOTICES=$OUT/NOTICES.txt; cross/notices >"$NOTICES"; }
}

# A folder that is gone when the script ends.
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
umask 022
