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

# The tests of builds that keep keys in the system's keyring; they look for none and find none
keyring:
    cargo test --features keyring keyring

# Form and lints, as strict as the gate
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings

# Whether the oldest Rust that is promised builds it (needs that toolchain)
oldest:
    CARGO_TARGET_DIR=target/oldest cargo +1.89 check --locked

# The library's documentation, without broken links
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# What the program costs, into BENCHMARKS.md: figures, not verdicts
bench:
    cargo bench --bench decode
    cargo bench --bench markdown
    cargo bench --bench view
    cargo bench --bench program

# What the store costs at a thousand and at ten thousand conversations
bench-store:
    cargo bench --bench store

# Kills the program at two hundred random moments and looks for what is lost
crash:
    MMCHAT_CRASH_ROUNDS=200 MMCHAT_CRASH_PAUSE_MS=250 cargo test --test it pty::crash::whatever -- --nocapture

# Ten thousand turns, or as many as said, against a server that does everything wrong
soak TURNS="10000":
    MMCHAT_SOAK_TURNS={{ TURNS }} cargo test --test it pty::soak:: -- --nocapture

# Fuzzes one of `fuzz/fuzz_targets/` (needs a nightly toolchain and cargo-fuzz); new inputs go to `fuzz/found/`
fuzz TARGET SECONDS="600":
    mkdir -p fuzz/found/{{ TARGET }}
    cargo +nightly fuzz run --sanitizer none {{ TARGET }} fuzz/found/{{ TARGET }} fuzz/corpus/{{ TARGET }} -- -max_total_time={{ SECONDS }} -max_len=4096 -timeout=20

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

# The program as it is given away, its manual and completions: `target/release/mmchat` and `target/papers/`
dist:
    cargo build --release --locked
    just papers target/release/mmchat

# The same without any library to find at run time (needs the musl target and musl-gcc)
dist-static:
    cargo build --release --locked --target x86_64-unknown-linux-musl

# The manual and the completions that a program makes of itself, for packagers
papers PROGRAM:
    mkdir -p target/papers/man1
    {{ PROGRAM }} man > target/papers/man1/mmchat.1
    for page in ask models doctor stats keys completions man demo-server config key history \
        "config path" "config init" "config show" "config check" "config edit" "key set" "key list" "key delete" \
        "history list" "history search" "history show" "history export" "history rename" "history delete" "history import"; \
    do {{ PROGRAM }} man $page > "target/papers/man1/mmchat-$(echo $page | tr ' ' '-').1"; done
    {{ PROGRAM }} completions bash > target/papers/mmchat.bash
    {{ PROGRAM }} completions zsh > target/papers/_mmchat
    {{ PROGRAM }} completions fish > target/papers/mmchat.fish
    {{ PROGRAM }} completions nushell > target/papers/mmchat.nu
    {{ PROGRAM }} completions powershell > target/papers/mmchat.ps1

# A Debian package (needs cargo-deb)
deb: dist
    cargo deb --no-build

# Everything that has to pass before a change is merged
ci:
    .ci/run
