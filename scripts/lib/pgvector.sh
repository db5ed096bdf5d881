# shellcheck shell=bash
# Installing Postgres and pgvector. Debian 13 and Ubuntu 24.04 have pgvector as a package, Homebrew too; Debian 12 does not,
# and there Debian 13's source package is built against the installed PostgreSQL.

pgvector_version() { sed -n "s/^default_version *= *'\(.*\)'/\1/p" "$("$1/pg_config" --sharedir)/extension/vector.control"; }

postgres_install() {
  case $(package_manager) in
    apt) postgres_install_apt ;;
    brew) brew_install postgresql@17 pgvector ;;
    *) die "PostgreSQL $PG_OLDEST or newer with pgvector is not installed, no Docker engine runs, and packages cannot be installed from here; run: $(manual_install postgresql pgvector), or set DATABASE_URL" ;;
  esac
  postgres_bin all >/dev/null ||
    die "PostgreSQL $PG_OLDEST or newer with the extensions vector, pg_trgm and btree_gist was not found after installing it; set DATABASE_URL to a database that has them"
}

# debian_postgres prints the release of PostgreSQL that this Debian or Ubuntu ships, or NN if it cannot be told.
debian_postgres() {
  local major
  major=$(apt-cache depends postgresql 2>/dev/null | awk '/Depends: postgresql-[0-9]+$/ && !found { sub(/.*-/, ""); print; found = 1 }')
  echo "${major:-NN}"
}

postgres_install_apt() {
  local bin major
  apt_update
  if ! bin=$(postgres_bin); then
    major=$(debian_postgres)
    [ "$major" != NN ] && [ "$major" -ge "$PG_OLDEST" ] ||
      die "this system's packages have no PostgreSQL $PG_OLDEST or newer; set DATABASE_URL to a database that has pgvector"
    apt_install "postgresql-$major"
    keep_disabled postgresql
    bin=$(postgres_bin) || die "postgresql-$major is installed, but its programs were not found in /usr/lib/postgresql"
  fi
  major=$(postgres_major "$bin")
  case " $(missing_extensions "$bin") " in
    *' vector '*) ;;
    *) return ;;
  esac
  if apt_knows "postgresql-$major-pgvector"; then
    apt_install "postgresql-$major-pgvector"
  else
    pgvector_build "$bin" "$major"
  fi
}

# pgvector_build builds Debian 13's source package. Its list of sources and what apt reads from it are in a folder of their own:
# the machine's lists stay as they are, and no installed package is upgraded from there.
pgvector_build() {
  local bin=$1 major=$2 work list options
  list=$(debian_source_line) ||
    die "pgvector is not packaged for PostgreSQL $major here; install it by hand, or set DATABASE_URL to a database that has it"
  apt_install "postgresql-server-dev-$major" dpkg-dev gcc make libc6-dev
  say "pgvector: building Debian 13's source package for PostgreSQL $major"
  work=$(mktemp -d)
  at_exit rm -rf "$work"
  chmod 755 "$work"
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  echo "$list" >"$work/sources.list"
  options=(-q -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$work/lists"
    -o "Dir::Cache=$work/cache" -o APT::Get::List-Cleanup=0)
  (
    unset MAKEFLAGS MAKELEVEL MFLAGS # called from our make, whose flags are not pgvector's
    cd "$work"
    apt-get "${options[@]}" update && apt-get "${options[@]}" source pgvector && cd pgvector-*/ &&
      make OPTFLAGS='' with_llvm=no PG_CONFIG="$bin/pg_config" -j "$(nproc)" &&
      as_root make OPTFLAGS='' with_llvm=no PG_CONFIG="$bin/pg_config" install
  ) >"$LOCAL/pgvector.log" 2>&1 </dev/null 9>&- ||
    { tail -n 5 "$LOCAL/pgvector.log" >&2; die "pgvector could not be built (log: .local/pgvector.log); install it by hand, or set DATABASE_URL to a database that has it"; }
  say "pgvector: $(pgvector_version "$bin") installed"
}

# debian_source_line prints a deb-src line for Debian 13 with the mirror and the key that this Debian's own lists name, in either format of those.
debian_source_line() {
  local id mirror key
  id=$(. /etc/os-release && echo "$ID")
  [ "$id" = debian ] || return 1
  mirror=$(debian_mirrors | sed -n 1p)
  [ -n "$mirror" ] || return 1
  key=/usr/share/keyrings/debian-archive-keyring.gpg
  if [ -f "$key" ]; then echo "deb-src [signed-by=$key] $mirror trixie main"; else echo "deb-src $mirror trixie main"; fi
}

# debian_mirrors prints the addresses of the main archive (not of the security updates) in the lists of sources.
debian_mirrors() {
  local codename file
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    awk -v codename="$codename" '
      function flush() { if (uri != "" && suites ~ "(^| )" codename "( |$)" && enabled) print uri; uri = suites = ""; enabled = 1 }
      BEGIN { enabled = 1 }
      /^#/ { next }
      /^[ \t]*$/ { flush(); next }
      tolower($1) == "uris:" { uri = $2 }
      tolower($1) == "suites:" { suites = $0; sub(/^[^:]*:[ \t]*/, "", suites) }
      tolower($1) == "enabled:" && tolower($2) == "no" { enabled = 0 }
      END { flush() }' "$file"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    sed -n 's/^[ \t]*deb[ \t][ \t]*\(\[[^]]*\][ \t]*\)\{0,1\}\([^ \t]*\)[ \t][ \t]*'"$codename"'[ \t].*/\2/p' "$file"
  done
}
