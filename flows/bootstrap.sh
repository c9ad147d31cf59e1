#!/usr/bin/env bash
# Sets up a virtual environment with pinned packages, and Icarus Verilog where the system lacks it.
# Usage: bootstrap.sh VENV_FOLDER   (PYTHON names the interpreter, python3 by default)
set -euo pipefail

venv=${1:?usage: bootstrap.sh VENV_FOLDER}
python=${PYTHON:-python3}
root=$(cd "$(dirname "$0")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }
die() { say "set-up stopped: $*"; exit 1; }

# Runs a command as root: directly, or through sudo where that needs no password or someone is there to type it.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then sudo "$@"
  else return 1
  fi
}

apt_updated=no
apt_install() {
  command -v apt-get >/dev/null || return 1
  if [ "$apt_updated" = no ]; then
    as_root apt-get update -qq >/dev/null 2>&1 || return 1
    apt_updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null 2>&1
}

command -v "$python" >/dev/null || die "$python is missing; install Python 3.11 or newer"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "$python is older than Python 3.11; name a newer one: make setup PYTHON=python3.12"

if [ ! -x "$venv/bin/python" ]; then
  say "creating $venv"
  if ! "$python" -m venv "$venv" >/dev/null 2>&1; then
    rm -rf "$venv"
    apt_install python3-venv && "$python" -m venv "$venv" \
      || die "Python's venv module is missing; install it, on Debian: apt-get install python3-venv"
  fi
fi

# Compiling every module of every package ahead takes longer than the installation; Python compiles what is imported.
say "installing pinned packages"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile -r "$root/requirements.lock" \
  || die "the pinned packages could not be installed; see the lines above"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e "$root" \
  || die "the package itself could not be installed; see the lines above"

if ! command -v iverilog >/dev/null; then
  say "installing Icarus Verilog"
  apt_install iverilog \
    || die "Icarus Verilog is missing and could not be installed; install it, on Debian: apt-get install iverilog"
fi

say "compiling kernels"
"$venv/bin/python" -m bespoke.warm_up || die "the kernels could not be compiled; see the lines above"
