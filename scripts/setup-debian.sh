#!/bin/sh
# Sees to it that the programs which a tier of tests drives are there: `setup-debian.sh <program>=<Debian package> ...`.
# As root on Debian it installs what is missing and says so; elsewhere it says what to install, and fails.
set -eu
PATH="$PATH:/usr/sbin:/sbin"

missing=''
for pair in "$@"; do
  command -v "${pair%%=*}" >/dev/null 2>&1 || missing="$missing ${pair#*=}"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "missing programs; install these packages (Debian's names) and run again:$missing" >&2
  exit 1
fi
echo "installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # one word per package
apt-get install -qq -y --no-install-recommends $missing
