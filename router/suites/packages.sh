# What the suites need from Debian, and its installation where that is asked for. Sourced by `run`.

# Programs or files, each with the package that brings it; a program is looked for on PATH, a file where it is named.
readonly NEEDS=(
    "python3 python3"
    # Debian's, for which psycopg is built, and its whole library.
    "/usr/bin/python3 python3"
    "/usr/lib/python3.*/asyncio/__init__.py python3"
    "openssl openssl"
    "setpriv util-linux"
    "/usr/lib/postgresql/*/bin/initdb postgresql"
    "/usr/lib/postgresql/*/bin/pgbench postgresql"
    "/usr/lib/postgresql/*/bin/psql postgresql-client"
)
readonly CLIENTS_NEEDS=("node nodejs" "npm npm" "dpkg dpkg" "apt-get apt")
readonly REGRESS_NEEDS=("gcc gcc" "/usr/include/stdio.h libc6-dev" "bzip2 bzip2" "dpkg dpkg" "apt-get apt")
readonly PGJDBC_NEEDS=("mvn maven")

# missing_packages NEED...: prints the packages of what is not there.
missing_packages() {
    local need what package
    for need; do
        read -r what package <<<"$need"
        case $what in
        /*) compgen -G "$what" >/dev/null || echo "$package" ;;
        *) command -v "$what" >/dev/null || echo "$package" ;;
        esac
    done | sort -u
}

# need_packages SUITE: installs what is missing when INSTALL is yes, and ends with what is missing otherwise.
need_packages() {
    local -n needs=${1^^}_NEEDS
    local missing
    mapfile -t missing < <(missing_packages "${NEEDS[@]}" "${needs[@]}")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "${INSTALL:-no}" = yes ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing ${missing[*]}"
        # No server of its own is to be made and started with it.
        mkdir -p /etc/postgresql-common
        [ -e /etc/postgresql-common/createcluster.conf ] ||
            echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
        # A source of packages that does not answer need not be the one that is asked; what matters is missing below.
        { apt-get -q update || true; } >"$WORK/apt.log" 2>&1
        DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}" >>"$WORK/apt.log" 2>&1 ||
            die "the suite $1 needs Debian's ${missing[*]}, and installing failed: $(tail -5 "$WORK/apt.log")"
        mapfile -t missing < <(missing_packages "${NEEDS[@]}" "${needs[@]}")
        [ "${#missing[@]}" -gt 0 ] || return 0
        die "the suite $1 needs Debian's ${missing[*]}, which are installed and did not bring what is looked for (router/suites/packages.sh)"
    fi
    die "the suite $1 needs Debian's ${missing[*]}: apt-get install ${missing[*]} (as root, INSTALL=yes does that)"
}

# Packages that are unpacked and not installed: download_packages FOLDER PACKAGE...
download_packages() {
    local folder=$1 attempt
    shift
    # Lists of packages grow old: a version that is gone is asked for once more with new lists.
    for attempt in 1 2; do
        (cd "$folder" && apt-get -q -o APT::Sandbox::User=root download "$@") >"$WORK/apt.log" 2>&1 && return 0
        [ "$attempt" = 1 ] && [ "$(id -u)" = 0 ] || break
        apt-get -q update >"$WORK/apt-update.log" 2>&1 || true
    done
    die "cannot get Debian's packages $* (apt-get update may help): $(tail -3 "$WORK/apt.log")"
}
