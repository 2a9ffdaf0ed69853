#!/usr/bin/env bash
# What only a Mac can prove: the library for phones, the package on Apple's run time, the app, a test in the simulator.
# NEVER RUN: written without a Mac. Expect to mend it. Needs Xcode 16, rustup, and XcodeGen 2.42 or newer.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(uname)" = Darwin ] || { echo "this is for a Mac" >&2; exit 2; }
for program in xcodebuild cargo xcodegen; do
    command -v "$program" >/dev/null || { echo "$program is missing" >&2; exit 2; }
done
simulator="${QROC_SIMULATOR:-platform=iOS Simulator,name=iPhone 16}"
step() { printf '\n== %s\n' "$*"; }

step "the library for phones and simulators, as docs/mobile-builds.md says"
export IPHONEOS_DEPLOYMENT_TARGET=17.0
targets="aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios"
for target in $targets; do
    rustup target add "$target"
    cargo rustc --locked --profile phone -p qroc-ffi --lib --target "$target" --crate-type staticlib
done
mkdir -p target/sim
lipo -create target/aarch64-apple-ios-sim/phone/libqroc_ffi.a target/x86_64-apple-ios/phone/libqroc_ffi.a \
    -output target/sim/libqroc_ffi.a
cargo build --locked --release -p qroc-ffi --lib
cargo run --locked --release -p xtask --features bindings -- bindgen --language swift \
    --library target/release/libqroc_ffi.dylib --out ios/build
rm -rf ios/build/QrocCoreFFI.xcframework
xcodebuild -create-xcframework \
    -library target/aarch64-apple-ios/phone/libqroc_ffi.a -headers ios/build/QrocCoreFFI \
    -library target/sim/libqroc_ffi.a -headers ios/build/QrocCoreFFI \
    -output ios/build/QrocCoreFFI.xcframework

step "words of the screens"
cargo run --locked --release -p xtask --features bindings -- words

step "the project, and the app for a phone without signing"
cd ios
xcodegen generate
xcodebuild build -project QROC.xcodeproj -scheme QROC -destination 'generic/platform=iOS' CODE_SIGNING_ALLOWED=NO

step "a homeserver, and the test in the simulator"
(cd .. && cargo run --locked -p qroc-server -- --port 8008) &
server=$!
trap 'kill "$server"' EXIT
TEST_RUNNER_QROC_TEST_SERVER=http://127.0.0.1:8008 TEST_RUNNER_QROC_TEST_PASSWORD=golden-hour \
    xcodebuild test -project QROC.xcodeproj -scheme QROC -destination "$simulator"
echo "all of it passed on this Mac: take what it proves out of README's list of what was not verified"
