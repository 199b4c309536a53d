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
        brew list --versions ffmpeg >/dev/null 2>&1 && return 0
        say "genre: installing ffmpeg with Homebrew"
        brew install ffmpeg >&2
        ;;
    *)
        missing=""
        for package in libavformat-dev libavcodec-dev libavutil-dev libswresample-dev zlib1g-dev; do
            [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
                missing="$missing $package"
        done
        [ -n "$missing" ] || return 0
        if ! command -v apt-get >/dev/null 2>&1; then
            # Another distribution: the headers may be there under other package names.
            if [ -e /usr/include/zlib.h ]; then
                [ -e /usr/include/libavformat/avformat.h ] && return 0
                [ -e /usr/include/ffmpeg/libavformat/avformat.h ] && return 0
            fi
            say "genre: please install the development files of zlib and of FFmpeg's libraries (libavformat, libavcodec,"
            say "genre: libavutil, libswresample) with this system's package manager"
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

find_swift() {
    command -v swift >/dev/null 2>&1 && return 0
    say "genre: Swift 6.1 or later is needed: https://www.swift.org/install"
    return 1
}
