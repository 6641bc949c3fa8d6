# What contributors run. `just` alone lists it.

_:
    @just --list --unsorted

# The chat; arguments are passed on: `just run --demo`
run *ARGS:
    cargo run --release -- {{ ARGS }}

# Every test, or those whose name holds a word
test *NAME:
    cargo test {{ NAME }}

# The property tests with fresh inputs, ten times as many
explore:
    PROPTEST_RNG_SEED=$(date +%s) PROPTEST_CASES=2560 cargo test

# Form and lints, as strict as the gate
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings

# The library's documentation, without broken links
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# What the program costs, into BENCHMARKS.md: figures, not verdicts
bench:
    cargo bench --bench decode
    cargo bench --bench markdown
    cargo bench --bench view
    cargo bench --bench program

# Makes the README's tables anew from the code
tables:
    UPDATE_DOCS=1 cargo test --test it docs::the_readmes_tables

# Licences, advisories, sources and duplicates of the dependencies (needs cargo-deny)
deny:
    cargo deny check

# Takes the README's screenshots anew (needs tmux and python3)
screenshots:
    cargo build --release
    python3 assets/screenshots/capture.py target/release/mmchat

# Everything that has to pass before a change is merged
ci:
    .ci/run
