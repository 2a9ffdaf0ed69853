# Thin: each target calls a program of the workspace. ARGS is handed to it.
ARGS ?=

.PHONY: demo test bench server setup

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
