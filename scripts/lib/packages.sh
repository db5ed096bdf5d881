# shellcheck shell=bash
# Installing packages: apt on Debian and Ubuntu, brew on macOS.

as_root() { if is_root; then "$@"; else sudo -n "$@"; fi; }

# package_manager prints apt or brew when packages can be installed without asking anybody, else nothing.
package_manager() {
  if have apt-get && { is_root || sudo -n true 2>/dev/null; }; then
    echo apt
  elif have brew; then
    echo brew
  fi
}

# manual_install PACKAGES... prints the command that would do what could not be done here.
manual_install() {
  if have apt-get; then
    echo "sudo scripts/services install"
  elif have brew; then
    echo "brew install $*"
  else
    echo "install $* with the package manager of this system"
  fi
}

APT_UPDATED=
apt_update() {
  [ -z "$APT_UPDATED" ] || return 0
  say "apt: reading package lists"
  as_root apt-get -q -o DPkg::Lock::Timeout=300 update >"$LOCAL/apt.log" 2>&1 ||
    { tail -n 5 "$LOCAL/apt.log" >&2; die "apt-get update failed (log: .local/apt.log); run: sudo apt-get update"; }
  APT_UPDATED=1
}

apt_knows() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }

# apt_install installs packages for their programs alone: what they bring along as system services is neither started nor enabled.
apt_install() {
  apt_update
  say "apt: installing $*"
  forbid_service_starts
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@" \
    >"$LOCAL/apt.log" 2>&1 </dev/null 9>&- ||
    { tail -n 5 "$LOCAL/apt.log" >&2; die "apt-get could not install $* (log: .local/apt.log); run: sudo apt-get install $*"; }
}

# forbid_service_starts answers dpkg's question whether services may start with no, until the script ends.
# An answer that somebody else gave stands; one that was left by a run of ours that was killed is taken over.
POLICY=/usr/sbin/policy-rc.d
POLICY_MARK='# Written by AgentCare scripts/services while it installs packages.'
forbid_service_starts() {
  [ ! -e "$POLICY" ] || grep -qxF "$POLICY_MARK" "$POLICY" || return 0
  printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" | as_root tee "$POLICY" >/dev/null
  as_root chmod 755 "$POLICY"
  at_exit as_root rm -f "$POLICY"
}

# keep_disabled UNIT: a service that came with a package we installed does not start at the next boot either.
keep_disabled() {
  [ -d /run/systemd/system ] || return 0
  as_root systemctl disable --now "$1" >/dev/null 2>&1 || true
}

brew_install() {
  say "brew: installing $*"
  brew install "$@" >"$LOCAL/brew.log" 2>&1 </dev/null 9>&- ||
    { tail -n 5 "$LOCAL/brew.log" >&2; die "brew could not install $* (log: .local/brew.log); run: brew install $*"; }
}
