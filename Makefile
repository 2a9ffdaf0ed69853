# Thin: each target calls a program of the workspace. ARGS is handed to it.
ARGS ?=

.PHONY: demo test rust-test kotlin-test ios-test long fuzz bench bench-peers growth server run setup size calls policy

demo: setup
	@cargo run --quiet --locked -p xtask -- demo $(ARGS)

# The commands that work on the library of the tests: built with it, whatever was built last.
XTASK = cargo test --quiet --locked --workspace --no-run && "$${CARGO_TARGET_DIR:-target}/debug/xtask"

# Rust, Kotlin, Swift: each, also where another fails. ARGS is for Rust.
test: setup
	@status=0; cargo test --locked --workspace $(ARGS) || status=1; \
		$(XTASK) kotlin || status=1; $(XTASK) swift || status=1; exit $$status

# What takes longer than a gate may: an hour, or with other seeds another hour. QROC_SEED chooses where chance starts.
long: setup
	@QROC_SESSIONS=10000 QROC_KILLS=1000 QROC_STORMS=1000 QROC_CUTS=2 QROC_FUZZ_SECONDS=120 PROPTEST_CASES=50000 \
		cargo test --locked --workspace --lib --test it -- sliding:: killed:: power:: full_disk:: weather:: fuzz:: leaks:: week:: \
		restoring:: retention:: tokens:: $(ARGS)
	@cargo test --locked --workspace --test it -- --ignored two_hundred twenty_officers $(ARGS)

# Foreign input for ten minutes a kind.
fuzz: setup
	@QROC_FUZZ_SECONDS=$${QROC_FUZZ_SECONDS:-600} cargo test --locked --workspace --test it -- fuzz:: --nocapture --test-threads 2 $(ARGS)

# The Rust side alone. ARGS="--test it -- talk::": some of it.
rust-test: setup
	@cargo test --locked --workspace $(ARGS)

# The Kotlin side alone.
kotlin-test: setup
	@$(XTASK) kotlin

# The Swift side alone, in a tool chain that is made in the cache when absent. ARGS="--filter Streams": some of it.
ios-test: setup
	@$(XTASK) swift $(ARGS)

# Ours beside its peers, in one run. QUICK=1: three minutes instead of twenty. ARGS="send --runs 5": some of it, nothing noted.
PEER = bench/peer/target/release/qroc-bench-peer
NOTED = --history bench/history.jsonl $(if $(QUICK),--quick,--chart docs/bench.svg --markdown docs/performance.md)

bench: bench-peers
	@cargo run --quiet --locked --release -p qroc-bench -- --peer $(PEER) $(if $(ARGS),$(ARGS),$(NOTED) --json target/bench.jsonl)

bench-peers: setup
	@cargo run --quiet --locked -p xtask -- setup --bench
	@cd bench/peer && CARGO_TARGET_DIR=target cargo build --quiet --locked --release

# What the stripped library for phones weighs, and what takes the room.
size: setup
	@cargo run --quiet --locked -p xtask -- size $(ARGS)

# What a call across the facade costs, from C and from the JVM.
calls: setup
	@cargo build --quiet --locked --profile phone -p qroc-ffi
	@cc -O2 -o target/calls bench/calls/calls.c -ldl && target/calls target/phone/libqroc_ffi.so
	@cargo test --quiet --locked --workspace --no-run && mvn -B -q -f android/pom.xml -Pcalls -DskipTests -pl bridge,../bench/calls \
		-Dqroc.library=$(CURDIR)/target/phone/libqroc_ffi.so -Dqroc.xtask=$(CURDIR)/target/debug/xtask package

# How cost grows with rooms, events, members and devices. QUICK=1: without the largest.
growth:
	@cargo run --quiet --locked --release -p qroc-bench -- growth --chart docs/growth.svg --json target/growth.jsonl $(if $(QUICK),--quick) $(ARGS)

server: setup
	@cargo run --quiet --locked -p qroc-server -- $(ARGS)

run: setup
	@cargo run --quiet --locked -p xtask --features bindings -- run $(ARGS)

setup:
	@./xtask/setup.sh

# Writes again what is made from the policy keys; a test says when it is out of date.
policy:
	@for to in "md docs" "ios docs/policy" "json docs/policy" "android docs/policy/android"; do \
		set -- $$to; cargo run --quiet --locked -p qroc -- policy schema --format "$$1" --to "$$2" || exit 1; \
	done
