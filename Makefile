# Thin: each target calls a program of the workspace. ARGS is handed to it.
ARGS ?=

.PHONY: demo test bench server setup policy

demo: setup
	@cargo run --quiet --locked -p xtask -- demo $(ARGS)

test: setup
	@cargo test --locked --workspace $(ARGS)

bench:
	@cargo run --quiet --locked --release -p qroc-bench -- $(ARGS)

server: setup
	@cargo run --quiet --locked -p qroc-server -- $(ARGS)

setup:
	@./xtask/setup.sh

# Writes again what is made from the policy keys; a test says when it is out of date.
policy:
	@for to in "md docs" "ios docs/policy" "json docs/policy" "android docs/policy/android"; do \
		set -- $$to; cargo run --quiet --locked -p qroc -- policy schema --format "$$1" --to "$$2" || exit 1; \
	done
