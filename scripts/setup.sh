#!/usr/bin/env bash
# Everything that a bare machine needs, into .venv:   scripts/setup.sh demo|gui|test|docs
#   demo  the package                       gui   and Qt, with the system libraries it needs
#   test  and the tests, linters and Xvfb   docs  and MkDocs
# PYTHON=...      the Python to use, 3.11 to 3.14
# TORCH=...       what pip installs as torch, e.g. TORCH=torch for the default build
# SKIP_SYSTEM=1   leave the system's packages alone
set -euo pipefail
cd "$(dirname "$0")/.."

level=${1:?usage: scripts/setup.sh demo|gui|test|docs}
torch_version=2.13.0

say() { printf '\n== %s\n' "$*"; }
fail() { echo >&2; printf '%s\n' "$@" >&2; exit 1; }

qt_libraries=(
  libdbus-1-3 libegl1 libfontconfig1 libgl1 libgl1-mesa-dri libglib2.0-0 libopengl0 libxcb-cursor0 libxcb-icccm4
  libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxkbcommon-x11-0
)

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"
  else return 1
  fi
}

# What of these packages apt does not have yet.
missing() {
  local package
  for package in "$@"; do
    # Since 2024 some names end in t64.
    dpkg -s "$package" >/dev/null 2>&1 || dpkg -s "${package}t64" >/dev/null 2>&1 || printf '%s ' "$package"
  done
}

install_system() {
  [ "$(uname)" = Linux ] && [ -z "${SKIP_SYSTEM:-}" ] || return 0
  if ! command -v apt-get >/dev/null; then
    say "No apt here: if Qt does not start, install what these Debian packages hold: $*"
    return 0
  fi
  local wanted
  wanted=$(missing "$@")
  [ -n "$wanted" ] || return 0
  say "Installing system packages: $wanted"
  # shellcheck disable=SC2086
  as_root apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >/dev/null ||
    fail "Some system packages are missing and could not be installed. Install them and run this again:" \
      "    sudo apt-get update && sudo apt-get install $wanted" "(SKIP_SYSTEM=1 goes on without them.)"
}

# The first Python that is new enough and can make virtual environments.
find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
    if "$candidate" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
      2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

make_environment() {
  [ ! -x .venv/bin/pip ] || return 0
  local python
  if ! python=$(find_python); then
    [ -n "${PYTHON:-}" ] || install_system python3 python3-venv
    python=$(find_python) ||
      fail "No Python 3.11 to 3.14 that can make virtual environments was found." \
        "Install one (python.org, conda, or: sudo apt-get install python3 python3-venv)" \
        "or name it: PYTHON=/path/to/python3.12 make demo"
  fi
  say "Making .venv with $python"
  "$python" -m venv --clear .venv
}

has_nvidia() { command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q GPU; }

# The default build for Linux brings gigabytes of CUDA. "+cpu" is in the version of the builds without it, so that
# asking for it can never bring the other one, whichever index answers.
install_torch() {
  ! .venv/bin/python -c 'import torch' 2>/dev/null || return 0
  if [ -n "${TORCH:-}" ]; then
    say "Installing $TORCH"
    .venv/bin/pip install -q "$TORCH"
  elif [ "$(uname)" = Linux ] && ! has_nvidia; then
    say "Installing torch for the CPU (no NVIDIA GPU here)"
    .venv/bin/pip install -q --retries 1 --timeout 30 "torch==$torch_version+cpu" \
      --extra-index-url https://download.pytorch.org/whl/cpu ||
      fail "No CPU build of torch $torch_version could be installed." \
        "Install one in .venv, or take another build and run this again: TORCH=torch make demo"
  fi
}

case $level in
  demo) extra="" ;;
  gui) extra="[all]"; install_system "${qt_libraries[@]}" ;;
  test) extra="[dev]"; install_system "${qt_libraries[@]}" xauth xvfb ;;
  docs) extra="[docs]" ;;
  *) fail "There is no set-up '$level': choose demo, gui, test or docs." ;;
esac
make_environment
install_torch
say "Installing sketchcell$extra (a few minutes the first time)"
.venv/bin/pip install -q -e ".$extra"
