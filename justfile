# The commands one types all day. `.ci/run` is the truth.

_menu:
    @{{just_executable()}} --list --unsorted

# A sample site, a simulated city, the board and the mails
demo *arguments:
    cargo run -- demo {{arguments}}

# Every file that an administrator edits
check:
    cargo run --quiet -- check

# The suite on SQLite
test *arguments:
    cargo nextest run --workspace {{arguments}}

# Everything: format, lints, the suite on SQLite and on a PostgreSQL of its own
test-postgres:
    .ci/run

# Format and lints
lint:
    cargo fmt --all -- --check
    cargo clippy --workspace --all-targets -- -D warnings

# A sample of a letter as its reader sees it: just preview digest --sample hostile --part html
preview letter *arguments:
    cargo run --quiet -- mail preview {{letter}} {{arguments}}
