#!/bin/sh
# Debian's packages, then what `cargo run -p xtask -- setup` installs. Quick when all is there.
set -eu
cd "$(dirname "$0")/.."

# To build: a linker, Perl and make (OpenSSL), the FFmpeg libraries, clang (their bindings). To test: the rest.
packages="build-essential clang pkg-config perl make
libavcodec-dev libavdevice-dev libavfilter-dev libavformat-dev libavutil-dev libswresample-dev libswscale-dev
python3 python3-venv procps dbus libimage-exiftool-perl libarchive-zip-perl ffmpeg poppler-utils strace
openjdk-17-jdk maven
libgl1 libx11-6 libfontconfig1 libfreetype6 fonts-roboto fonts-noto-color-emoji fonts-droid-fallback xvfb xdotool imagemagick"

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    missing=""
    for package in $packages; do
        case "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" in
        *"ok installed") ;;
        *) missing="$missing $package" ;;
        esac
    done
    if [ -n "$missing" ]; then
        if [ "$(id -u)" = 0 ]; then
            sudo=""
        elif command -v sudo >/dev/null; then
            sudo=sudo
        else
            echo "error: missing packages; as root: apt-get install$missing" >&2
            exit 1
        fi
        echo "Installing$missing …"
        log="$(mktemp)"
        export DEBIAN_FRONTEND=noninteractive
        apt="$sudo apt-get -qq -o DPkg::Lock::Timeout=300"
        if ! { $apt update && $apt install --no-install-recommends -y $missing; } >"$log" 2>&1 </dev/null; then
            tail -n 5 "$log" >&2
            echo "error: could not install packages; as root: apt-get install$missing" >&2
            exit 1
        fi
        rm -f "$log"
    fi
else
    for program in cc clang make perl pkg-config python3 ps exiftool ffmpeg pdftoppm strace java mvn Xvfb xdotool import; do
        command -v "$program" >/dev/null || echo "note: $program is missing: install it with your package manager" >&2
    done
fi

if ! command -v cargo >/dev/null; then
    echo "error: cargo is missing: install Rust with rustup; the pinned toolchain then comes by itself" >&2
    exit 1
fi
exec cargo run --quiet --locked -p xtask -- setup
