# shellcheck shell=bash
# What the tests need besides the services: a browser, redis-server (each integration test starts its own), and the toolchain.

chromium_program() {
  local name path
  if [ -n "${CHROMIUM:-}" ]; then
    echo "$CHROMIUM"
    return
  fi
  for name in chromium chromium-browser google-chrome google-chrome-stable chrome \
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' /Applications/Chromium.app/Contents/MacOS/Chromium; do
    path=$(command -v "$name") || continue
    # Ubuntu's chromium-browser is a script that says how to install something else.
    [ ! -f "$path" ] || ! grep -qs 'snap install' "$path" || continue
    echo "$path"
    return
  done
  return 1
}

testtools_up() {
  chromium_up
  redis_program >/dev/null || redis_install
  say "redis-server for tests: $(redis_program)"
}

chromium_up() {
  local path
  if [ -n "${CHROMIUM:-}" ]; then
    [ -x "$CHROMIUM" ] || have "$CHROMIUM" || die "CHROMIUM is set to $CHROMIUM, which is not a program; set it to a Chromium or Chrome, or unset it"
  elif ! chromium_program >/dev/null; then
    chromium_install
  fi
  path=$(chromium_program) || die "no Chromium was found after installing it; set CHROMIUM to a Chromium or Chrome"
  say "browser for tests: $path"
}

# chromium_install brings fonts as well: without any, pages have boxes for letters.
chromium_install() {
  case $(package_manager) in
    apt)
      apt_update
      apt_install chromium fonts-liberation fonts-dejavu-core
      ;;
    brew) die "no Chromium or Chrome is installed; run: brew install --cask chromium, or set CHROMIUM" ;;
    *) die "no Chromium or Chrome is installed, and packages cannot be installed from here; run: $(manual_install chromium fonts-liberation), or set CHROMIUM" ;;
  esac
}

toolchain_check() {
  local want
  want=$(sed -n 's/^go \([0-9.]*\)$/\1/p' "$ROOT/go.mod")
  have go || die "Go $want or newer is needed, and go is not on the PATH; install it, then try again"
  version_at_least "$(go env GOVERSION | sed 's/^go//; s/[^0-9.].*//')" "$want" || die "Go $want or newer is needed; this is $(go env GOVERSION)"
  have node && have npm || die "Node 20 or newer with npm is needed for the web pages; install it (Debian: sudo apt-get install nodejs npm), then try again"
  version_at_least "$(node --version | sed 's/^v//')" 20 || die "Node 20 or newer is needed; this is $(node --version)"
  have cc || have gcc || die "a C compiler is needed for the race detector; install one (Debian: sudo apt-get install gcc libc6-dev), then try again"
}
