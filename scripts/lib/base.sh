# shellcheck shell=bash
# What every part of scripts/services uses: messages, the lock, free ports, passwords, and whose a process is.

say() { printf '==> %s\n' "$*"; }
die() {
  printf 'scripts/services: %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

# open_local makes .local, which other users may pass through (a server that must not run as root does) but not list.
open_local() {
  mkdir -p "$LOCAL" 2>/dev/null && [ -w "$LOCAL" ] ||
    die "cannot write to $LOCAL, where the private services are kept; run: sudo chown -R $(id -un) '$LOCAL'"
  chmod a+x "$LOCAL" 2>/dev/null || true
}

# with_lock lets one run at a time change the services of this checkout; the lock ends with the process.
# Servers are started with descriptor 9 closed, or they would keep it.
with_lock() {
  if have flock; then
    exec 9>"$LOCAL/services.lock"
    flock -n 9 && return
    say "waiting for another run of scripts/services in this checkout"
    flock -w 900 9 || die "another run of scripts/services has held $LOCAL/services.lock for 15 minutes; end it, then try again"
    return
  fi
  lock_directory
}

# lock_directory is with_lock where there is no flock (macOS): a directory that names its owner.
lock_directory() {
  local dir=$LOCAL/services.lock.d tries=0 owner
  until mkdir "$dir" 2>/dev/null; do
    owner=$(cat "$dir/pid" 2>/dev/null || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
      rm -rf "$dir"
      continue
    fi
    [ $tries -ne 0 ] || say "waiting for another run of scripts/services in this checkout"
    tries=$((tries + 1))
    [ $tries -lt 900 ] || die "another run of scripts/services holds $dir; end it, or remove that directory, then try again"
    sleep 1
  done
  echo $$ >"$dir/pid"
  at_exit rm -rf "$dir"
}

# at_exit runs a command when the script ends, however it ends; the last one registered runs first.
EXIT_COMMANDS=()
at_exit() {
  EXIT_COMMANDS=("$(printf '%q ' "$@")" ${EXIT_COMMANDS[@]+"${EXIT_COMMANDS[@]}"})
  trap run_exit_commands EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}
run_exit_commands() {
  local command
  for command in "${EXIT_COMMANDS[@]}"; do eval "$command" || true; done
}

# checkout_id is a short name of this checkout, for things that live outside it.
checkout_id() { printf '%s' "$ROOT" | cksum | cut -d ' ' -f 1; }

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port prints a port of 20000-31999 (below those that systems hand out by themselves) where nothing answers.
free_port() {
  local port tries
  for ((tries = 0; tries < 100; tries++)); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    port_taken "$port" || { echo "$port"; return; }
  done
  die "no free port found between 20000 and 31999 on 127.0.0.1"
}

# remembered_port FILE NAME prints the port that FILE remembers while it is free, else a new one, which FILE remembers from then on.
remembered_port() {
  local port
  port=$(cat "$1" 2>/dev/null || true)
  if [ -z "$port" ] || port_taken "$port"; then
    [ -z "$port" ] || say "$2: port $port is taken by another program now; choosing another" >&2
    port=$(free_port)
    echo "$port" >"$1"
  fi
  echo "$port"
}

# remembered_password FILE prints the password in FILE, and makes one the first time; only the owner can read the file.
remembered_password() {
  [ -s "$1" ] || (umask 077 && head -c 18 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$1")
  cat "$1"
}

# has_password URL FILE: does the address hold the generated password in FILE? Then it is the private server's, whatever its port was.
has_password() {
  [ -s "$2" ] || return 1
  case $1 in
    *":$(cat "$2")@127.0.0.1:"*) ;;
    *) return 1 ;;
  esac
}

# runs_in PID DIR PATTERN: is PID alive, its command like PATTERN, and its working directory DIR?
# A number in a file proves nothing: after a reboot, or in a copied checkout, it is somebody else's.
runs_in() {
  local pid=$1 dir=$2 pattern=$3 cwd
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  # shellcheck disable=SC2254 # a pattern it is
  case $(ps -o args= -p "$pid" 2>/dev/null) in
    $pattern) ;;
    *) return 1 ;;
  esac
  if [ -e "/proc/$pid/cwd" ]; then
    [ "/proc/$pid/cwd" -ef "$dir" ]
  else
    cwd=$(lsof -a -p "$pid" -d cwd -Fn 2>/dev/null | sed -n 's/^n//p')
    [ -n "$cwd" ] && [ "$cwd" -ef "$dir" ]
  fi
}

# wait_gone PID SECONDS: did the process end in that time?
wait_gone() {
  local tries=$(($2 * 20))
  while kill -0 "$1" 2>/dev/null; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.05
  done
}

docker_runs() { have docker && docker info >/dev/null 2>&1; }
container_runs() { [ "$(docker inspect -f '{{.State.Running}}' "$1" 2>/dev/null || true)" = true ]; }

# container_start NAME ARGS... runs a new container of that name, in place of an old one.
container_start() {
  local name=$1
  shift
  docker rm -f "$name" >/dev/null 2>&1 || true
  docker run -d --name "$name" "$@" 9>&- >/dev/null
}

# version_at_least HAVE WANT compares dotted numbers.
version_at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)" = "$2" ]
}
