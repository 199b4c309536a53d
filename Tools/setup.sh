# Sourced by ./genre and ./test: installs the system packages that are missing and finds Swift. Says what it does on
# standard error.

say() { printf '%s\n' "$*" >&2; }

# Runs a command as root: directly, or through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        say "genre: root rights are needed for: $*"
        say "genre: run that as root, then try again"
        return 1
    fi
}

install_system_packages() {
    case "$(uname -s)" in
    Darwin)
        command -v brew >/dev/null 2>&1 || { say "genre: please install Homebrew (https://brew.sh) first"; return 1; }
        for package in ffmpeg librsvg; do
            brew list --versions "$package" >/dev/null 2>&1 && continue
            say "genre: installing $package with Homebrew"
            brew install "$package" >&2 || return 1
        done
        ;;
    *)
        missing=""
        for package in libavformat-dev libavcodec-dev libavutil-dev libswresample-dev zlib1g-dev librsvg2-dev; do
            [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
                missing="$missing $package"
        done
        [ -n "$missing" ] || return 0
        if ! command -v apt-get >/dev/null 2>&1; then
            # Another distribution: the headers may be there under other package names.
            if [ -e /usr/include/zlib.h ] && [ -d /usr/include/librsvg-2.0 ]; then
                [ -e /usr/include/libavformat/avformat.h ] && return 0
                [ -e /usr/include/ffmpeg/libavformat/avformat.h ] && return 0
            fi
            say "genre: please install the development files of zlib, librsvg and FFmpeg's libraries (libavformat,"
            say "genre: libavcodec, libavutil, libswresample) with this system's package manager"
            return 1
        fi
        say "genre: installing system packages with apt:$missing"
        # shellcheck disable=SC2086
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 && return 0
        as_root apt-get update >&2 &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >&2
        ;;
    esac
}

# stamp BINARY: writes beside a program that was just built the commit that the checkout is at, with the program's own
# digest: the stamp says nothing of another build. Runs record it.
stamp() {
    local commit digest
    commit=$(git -C "$root" rev-parse HEAD 2>/dev/null) || return 0
    [ -z "$(git -C "$root" status --porcelain -- Sources Package.swift 2>/dev/null)" ] || commit=$commit-dirty
    if command -v sha256sum >/dev/null 2>&1; then digest=$(sha256sum <"$1"); else digest=$(shasum -a 256 <"$1"); fi
    printf '%s %s\n' "${digest%% *}" "$commit" >"$1.commit.new" && mv -f "$1.commit.new" "$1.commit"
}

find_swift() {
    command -v swift >/dev/null 2>&1 && return 0
    say "genre: Swift 6.1 or later is needed: https://www.swift.org/install"
    return 1
}
