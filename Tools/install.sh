#!/usr/bin/env bash
# ./genre install [PREFIX]: puts the tool, its completions for bash, zsh and fish, and its manual page under PREFIX
# (~/.local). The program carries Swift's libraries and the built-in models; FFmpeg and librsvg stay the system's.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
prefix=${1:-$HOME/.local}
if [ $# -gt 1 ] || [[ "$prefix" == -* ]]; then
    echo "usage: ./genre install [PREFIX]   (by default $HOME/.local)" >&2
    exit 2
fi
# shellcheck source=Tools/setup.sh
. "$root/Tools/setup.sh"
find_swift
install_system_packages
mkdir -p "$prefix"
prefix=$(cd "$prefix" && pwd)
# A build of its own, with Swift's libraries inside.
scratch="$root/.build/install"
say "genre: building a program that stands alone (some minutes)"
swift build --package-path "$root" --scratch-path "$scratch" -c release --static-swift-stdlib --product genre >&2
binary="$scratch/release/genre"

# put FILE PLACE MODE: beside its place, then renamed.
put() {
    mkdir -p "$(dirname "$2")"
    install -m "$3" "$1" "$2.new"
    mv -f "$2.new" "$2"
    echo "$2"
}
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
cp "$binary" "$temporary/genre"
strip "$temporary/genre" 2>/dev/null || true # half the size; the program runs as well without
stamp "$temporary/genre"
put "$temporary/genre" "$prefix/bin/genre" 755
[ ! -f "$temporary/genre.commit" ] || put "$temporary/genre.commit" "$prefix/share/genrekit/genre.commit" 644
for shell in bash zsh fish; do "$binary" --generate-completion-script $shell >"$temporary/$shell"; done
put "$temporary/bash" "$prefix/share/bash-completion/completions/genre" 644
put "$temporary/zsh" "$prefix/share/zsh/site-functions/_genre" 644
put "$temporary/fish" "$prefix/share/fish/vendor_completions.d/genre.fish" 644
page="$scratch/plugins/GenerateManual/outputs/genre/genre.1"
if swift package --package-path "$root" --scratch-path "$scratch" generate-manual >/dev/null 2>"$temporary/manual" &&
    [ -f "$page" ]; then
    put "$page" "$prefix/share/man/man1/genre.1" 644
else
    say "genre: no manual page was made: $(tail -n 1 "$temporary/manual")"
fi
case ":$PATH:" in *":$prefix/bin:"*) ;; *) say "genre: $prefix/bin is not in PATH; add it to call 'genre' from anywhere" ;; esac
case "$prefix" in
/usr | /usr/local) ;;
*) say "genre: zsh finds its completions once 'fpath=($prefix/share/zsh/site-functions \$fpath)' stands before compinit in ~/.zshrc" ;;
esac
