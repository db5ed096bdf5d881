# shellcheck shell=bash
# The private Postgres: loopback alone, a generated password, and settings for data that may be lost with the machine.

PG=$LOCAL/postgres
PG_IMAGE=pgvector/pgvector:0.8.0-pg17
# CREATE DATABASE ... STRATEGY came with 15.
PG_OLDEST=15

postgres_url() {
  [ -s "$PG/port" ] && [ -s "$PG/password" ] || return 0
  printf 'postgres://agentcare:%s@127.0.0.1:%s/agentcare?sslmode=disable\n' "$(cat "$PG/password")" "$(cat "$PG/port")"
}

# postgres_external: DATABASE_URL is set, and not to the private server itself (as after reading .local/services.env).
postgres_external() { [ -n "${DATABASE_URL:-}" ] && ! has_password "$DATABASE_URL" "$PG/password"; }

# --- which programs ---------------------------------------------------------------------------------------------------

# postgres_bins prints the folders with PostgreSQL's programs, newest release first.
postgres_bins() {
  local dir
  for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
    "$(pg_config --bindir 2>/dev/null || true)"; do
    [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && [ -x "$dir/pg_config" ] || continue
    echo "$(postgres_major "$dir") $dir"
  done | sort -rnu | cut -d ' ' -f 2-
}

postgres_major() { "$1/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/'; }

# postgres_data_major prints the release that the data was made with, if there is any: no other can read it.
postgres_data_major() { cat "$(postgres_home)/data/PG_VERSION" 2>/dev/null || true; }

# postgres_bin [all] prints the programs to use, newest first, of the data's release if there is any; with `all`, only where every extension is there.
postgres_bin() {
  local dir data_major
  data_major=$(postgres_data_major)
  while read -r dir; do
    [ "$(postgres_major "$dir")" -ge "$PG_OLDEST" ] || continue
    [ -z "$data_major" ] || [ "$(postgres_major "$dir")" = "$data_major" ] || continue
    [ "${1:-}" != all ] || [ -z "$(missing_extensions "$dir")" ] || continue
    echo "$dir"
    return
  done < <(postgres_bins)
  return 1
}

missing_extensions() {
  local share name missing=
  share=$("$1/pg_config" --sharedir)
  for name in vector pg_trgm btree_gist; do
    [ -f "$share/extension/$name.control" ] || missing="$missing $name"
  done
  echo "${missing# }"
}

# --- whose it is and where it lives -----------------------------------------------------------------------------------

# as_server runs a command as the user that the server runs as: Postgres refuses root.
as_server() (
  cd /
  if ! is_root; then "$@"; elif have runuser; then runuser -u postgres -- "$@"; else sudo -u postgres -- "$@"; fi
)

ensure_server_user() {
  is_root || return 0
  id postgres >/dev/null 2>&1 && return 0
  have useradd || die "Postgres does not run as root and there is no user postgres; run as an ordinary user, or create the user postgres"
  say "postgres: creating the user postgres, because Postgres does not run as root"
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin postgres
}

# postgres_home is the folder of the server's own files: data and log.
postgres_home() { cat "$PG/home" 2>/dev/null || echo "$PG/server"; }

# make_home makes that folder and gives it to the server's user; outside the checkout where that user cannot reach the checkout.
make_home() {
  local home
  mkdir -p "$PG"
  chmod a+x "$PG"
  home=$(postgres_home)
  if [ ! -s "$PG/home" ] && ! as_server test -x "$PG"; then
    home=/var/tmp/agentcare-$(checkout_id)
    say "postgres: the user postgres cannot enter this checkout; its data goes to $home"
    echo "$home" >"$PG/home"
  fi
  mkdir -m 700 "$home" 2>/dev/null || [ -d "$home" ] || die "cannot make $home for the data of Postgres"
  if is_root && [ ! -L "$home" ] && [ -O "$home" ]; then chown postgres: "$home"; fi
  as_server test -O "$home" || die "$home belongs to somebody else; remove it, then try again"
}

postgres_in_docker() { [ "$(cat "$PG/kind" 2>/dev/null)" = docker ]; }
postgres_container() { echo "agentcare-$(checkout_id)-postgres"; }
postgres_pid() { as_server head -n 1 "$(postgres_home)/data/postmaster.pid" 2>/dev/null || true; }

postgres_running() {
  if postgres_in_docker; then
    container_runs "$(postgres_container)"
  else
    [ -d "$(postgres_home)" ] && runs_in "$(postgres_pid)" "$(postgres_home)/data" '*postgres*'
  fi
}

# --- up ---------------------------------------------------------------------------------------------------------------

postgres_up() {
  if postgres_running && postgres_has_database; then
    say "postgres: running on 127.0.0.1:$(cat "$PG/port")"
    return
  fi
  postgres_down
  mkdir -p "$PG"
  remembered_password "$PG/password" >/dev/null
  if postgres_in_docker && docker_runs; then
    postgres_start_container
  elif postgres_bin all >/dev/null; then
    postgres_start
  elif [ -n "$(postgres_data_major)" ]; then
    die "the data of this checkout's Postgres was made by PostgreSQL $(postgres_data_major) with pgvector, which is not installed any more; install it, or give up the data with: scripts/services clean"
  elif docker_runs; then
    postgres_start_container
  else
    postgres_install
    postgres_start
  fi
}

postgres_query() { # DATABASE SQL
  if postgres_in_docker; then
    docker exec "$(postgres_container)" psql -h 127.0.0.1 -U agentcare -d "$1" -Atqc "$2"
  else
    PGPASSWORD=$(cat "$PG/password") PGCONNECT_TIMEOUT=5 "$(postgres_bin)/psql" -X -h 127.0.0.1 -p "$(cat "$PG/port")" -U agentcare -d "$1" -Atqc "$2"
  fi 2>>"$PG/query.log"
}

postgres_has_database() { [ "$(postgres_query agentcare 'select 1')" = 1 ]; }

# ensure_database makes the database if the first start did not get that far.
ensure_database() {
  postgres_has_database && return
  postgres_query postgres 'create database agentcare' && postgres_has_database ||
    die "the private Postgres does not answer (logs: .local/postgres/query.log, $(postgres_home)/postgres.log); run: scripts/services clean, then try again"
}

postgres_start() {
  local bin home port try
  bin=$(postgres_bin all)
  ensure_server_user
  make_home
  home=$(postgres_home)
  echo native >"$PG/kind"
  postgres_init "$bin" "$home"
  # Postgres itself sees to a pid file whose process is gone, but not to one whose number somebody else has got.
  runs_in "$(postgres_pid)" "$home/data" '*postgres*' || as_server rm -f "$home/data/postmaster.pid"
  for try in 1 2 3; do
    port=$(remembered_port "$PG/port" postgres)
    postgres_settings "$port" | as_server tee "$home/data/postgresql.conf" >/dev/null
    if as_server "$bin/pg_ctl" start -s -w -t 60 -D "$home/data" -l "$home/postgres.log" >/dev/null 2>&1 </dev/null 9>&-; then
      ensure_database
      say "postgres: PostgreSQL $(postgres_major "$bin") with pgvector $(pgvector_version "$bin") started on 127.0.0.1:$port"
      return
    fi
    [ $try -eq 3 ] || rm -f "$PG/port"
  done
  as_server grep -E 'FATAL|PANIC|HINT' "$home/postgres.log" | tail -n 3 >&2 || true
  die "Postgres did not start; its log is $home/postgres.log; run: scripts/services clean, then try again"
}

# postgres_init makes the data folder under another name and renames it when it is whole: one that exists is complete.
postgres_init() {
  local bin=$1 home=$2 locale=C.UTF-8
  [ ! -d "$home/data" ] || return 0
  locale -a 2>/dev/null | grep -ix 'c\.utf-\{0,1\}8' >/dev/null || locale=en_US.UTF-8
  say "postgres: making a database with PostgreSQL $(postgres_major "$bin")"
  as_server rm -rf "$home/data.new" "$home/password"
  as_server install -m 600 /dev/null "$home/password"
  as_server tee "$home/password" <"$PG/password" >/dev/null
  as_server "$bin/initdb" --no-sync --username=agentcare --pwfile="$home/password" --auth=scram-sha-256 --encoding=UTF8 \
    --locale="$locale" -D "$home/data.new" >"$PG/initdb.log" 2>&1 </dev/null 9>&- ||
    { tail -n 5 "$PG/initdb.log" >&2; die "Postgres could not make its data folder (log: .local/postgres/initdb.log)"; }
  as_server rm -f "$home/password"
  as_server mv "$home/data.new" "$home/data"
}

postgres_settings() {
  cat <<CONF
# Written by scripts/services at each start.
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = ''
max_connections = 300
shared_buffers = 512MB
max_wal_size = 2GB
synchronous_commit = on
# A crash of the machine may cost this data: it is for development and tests. That makes them several times as fast.
fsync = off
full_page_writes = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
CONF
}

postgres_start_container() {
  local port tries
  say "postgres: starting $PG_IMAGE in Docker"
  echo docker >"$PG/kind"
  port=$(remembered_port "$PG/port" postgres)
  # The password goes by the environment: other users can read a command line.
  POSTGRES_PASSWORD=$(cat "$PG/password") container_start "$(postgres_container)" -p "127.0.0.1:$port:5432" --shm-size 256m -v "$(postgres_container):/var/lib/postgresql/data" \
    -e POSTGRES_USER=agentcare -e POSTGRES_DB=agentcare -e POSTGRES_PASSWORD "$PG_IMAGE" \
    -c max_connections=300 -c shared_buffers=512MB -c max_wal_size=2GB -c fsync=off -c full_page_writes=off -c timezone=UTC ||
    die "Docker could not start $PG_IMAGE; run: docker pull $PG_IMAGE, or set DATABASE_URL"
  for ((tries = 0; tries < 300; tries++)); do
    ! postgres_has_database || { say "postgres: started on 127.0.0.1:$port"; return; }
    sleep 0.2
  done
  die "Postgres in Docker does not answer; run: docker logs $(postgres_container)"
}

# --- down, clean, status ----------------------------------------------------------------------------------------------

postgres_down() {
  local pid
  postgres_running || return 0
  if postgres_in_docker; then
    docker rm -f "$(postgres_container)" >/dev/null
  else
    pid=$(postgres_pid)
    as_server kill -INT "$pid" # "fast": ends the sessions, then stops
    wait_gone "$pid" 20 || { as_server kill -QUIT "$pid"; wait_gone "$pid" 10; } || die "Postgres (pid $pid) does not stop; run: kill -9 $pid"
  fi
  say "postgres: stopped"
}

postgres_clean() {
  local outside
  ! postgres_in_docker || docker volume rm -f "$(postgres_container)" >/dev/null 2>&1 || true
  outside=$(cat "$PG/home" 2>/dev/null || true)
  case $outside in
    /var/tmp/agentcare-*) rm -rf "$outside" ;;
  esac
  rm -rf "$PG"
}

postgres_status() {
  if postgres_external; then
    echo "postgres  from DATABASE_URL in the environment"
  elif postgres_running && postgres_has_database; then
    echo "postgres  running on 127.0.0.1:$(cat "$PG/port") ($(postgres_place))"
  else
    echo "postgres  not running; start it with: scripts/services up"
    return 1
  fi
}

postgres_place() { if postgres_in_docker; then echo "container $(postgres_container)"; else echo "pid $(postgres_pid)"; fi; }
