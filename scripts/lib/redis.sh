# shellcheck shell=bash
# The private Redis: loopback, a generated password, nothing written to disk, and no key ever evicted.

REDIS=$LOCAL/redis
REDIS_IMAGE=redis:7-alpine

redis_program() { command -v redis-server || command -v valkey-server; }

redis_url() {
  [ -s "$REDIS/port" ] && [ -s "$REDIS/password" ] || return 0
  printf 'redis://:%s@127.0.0.1:%s/0\n' "$(cat "$REDIS/password")" "$(cat "$REDIS/port")"
}

# redis_external: REDIS_URL is set, and not to the private server itself (as after reading .local/services.env).
redis_external() { [ -n "${REDIS_URL:-}" ] && ! has_password "$REDIS_URL" "$REDIS/password"; }

redis_container() { echo "agentcare-$(checkout_id)-redis"; }
redis_in_docker() { [ "$(cat "$REDIS/kind" 2>/dev/null)" = docker ]; }
redis_pid() { cat "$REDIS/data/redis.pid" 2>/dev/null || true; }

redis_running() {
  if redis_in_docker; then container_runs "$(redis_container)"; else runs_in "$(redis_pid)" "$REDIS/data" '*-server *'; fi
}

# redis_answers asks the server for a PONG, in Redis's own protocol: its command line client need not be installed.
redis_answers() {
  local answer
  answer=$(
    exec 2>/dev/null
    exec 3<>"/dev/tcp/127.0.0.1/$(cat "$REDIS/port")" || exit 1
    printf 'AUTH %s\r\nPING\r\n' "$(cat "$REDIS/password")" >&3
    read -r -t 2 first <&3 && read -r -t 2 second <&3 && printf '%s %s' "${first%?}" "${second%?}"
  )
  [ "$answer" = '+OK +PONG' ]
}

redis_up() {
  if redis_running && redis_answers; then
    say "redis: running on 127.0.0.1:$(cat "$REDIS/port")"
    return
  fi
  redis_down
  mkdir -p "$REDIS/data"
  remembered_password "$REDIS/password" >/dev/null
  if ! redis_program >/dev/null && docker_runs; then
    redis_start_container
  else
    redis_program >/dev/null || redis_install
    redis_start
  fi
}

redis_install() {
  case $(package_manager) in
    apt) apt_install redis-server && keep_disabled redis-server ;;
    brew) brew_install redis ;;
    *) die "Redis is not installed, no Docker engine runs, and packages cannot be installed from here; run: $(manual_install redis-server), or set REDIS_URL" ;;
  esac
}

redis_write_config() {
  (
    umask 077
    cat >"$REDIS/redis.conf" <<CONF
# Written by scripts/services at each start.
bind 127.0.0.1
port $1
requirepass $(cat "$REDIS/password")
dir "$REDIS/data"
pidfile "$REDIS/data/redis.pid"
logfile "$REDIS/redis.log"
daemonize yes
save ""
appendonly no
maxmemory-policy noeviction
CONF
  )
}

redis_start() {
  local try port
  echo native >"$REDIS/kind"
  for try in 1 2 3; do
    port=$(remembered_port "$REDIS/port" redis)
    redis_write_config "$port"
    rm -f "$REDIS/data/redis.pid"
    "$(redis_program)" "$REDIS/redis.conf" >/dev/null 2>&1 </dev/null 9>&- || true
    if redis_wait; then
      say "redis: started on 127.0.0.1:$port"
      return
    fi
    [ $try -eq 3 ] || rm -f "$REDIS/port"
  done
  tail -n 5 "$REDIS/redis.log" >&2 || true
  die "Redis did not start; its log is .local/redis/redis.log; run: scripts/services clean, then try again"
}

redis_start_container() {
  local port
  say "redis: starting $REDIS_IMAGE in Docker"
  echo docker >"$REDIS/kind"
  port=$(remembered_port "$REDIS/port" redis)
  # The password goes by the environment: other users can read a command line.
  # shellcheck disable=SC2016
  REDIS_PASSWORD=$(cat "$REDIS/password") container_start "$(redis_container)" -p "127.0.0.1:$port:6379" -e REDIS_PASSWORD "$REDIS_IMAGE" \
    sh -c 'exec redis-server --requirepass "$REDIS_PASSWORD" --save "" --appendonly no --maxmemory-policy noeviction' ||
    die "Docker could not start $REDIS_IMAGE; run: docker pull $REDIS_IMAGE, or set REDIS_URL"
  redis_wait || die "Redis in Docker does not answer; run: docker logs $(redis_container)"
  say "redis: started on 127.0.0.1:$port"
}

redis_wait() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    ! redis_answers || { redis_running && return; }
    sleep 0.05
  done
  return 1
}

redis_down() {
  local pid
  redis_running || return 0
  if redis_in_docker; then
    docker rm -f "$(redis_container)" >/dev/null
  else
    pid=$(redis_pid)
    kill "$pid"
    wait_gone "$pid" 10 || kill -KILL "$pid"
  fi
  say "redis: stopped"
}

redis_clean() { rm -rf "$REDIS"; }

redis_status() {
  if redis_external; then
    echo "redis     from REDIS_URL in the environment"
  elif redis_running && redis_answers; then
    echo "redis     running on 127.0.0.1:$(cat "$REDIS/port") ($(redis_place))"
  else
    echo "redis     not running; start it with: scripts/services up"
    return 1
  fi
}

redis_place() { if redis_in_docker; then echo "container $(redis_container)"; else echo "pid $(redis_pid)"; fi; }
