//! What frames and marks look like where the locale has only ASCII. Text of messages stays as it is.

/// What is drawn instead of a symbol, as wide as it.
pub(super) fn instead_of(symbol: &str) -> &str {
    match symbol {
        "─" | "━" | "╌" | "┄" | "═" | "·" | "–" | "—" => "-",
        "│" | "┃" | "▎" | "▏" | "▌" | "║" | "▕" => "|",
        "╭" | "╮" | "╰" | "╯" | "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" | "╞" | "╡"
        | "╪" | "╟" | "╢" | "┝" | "┥" | "┿" => "+",
        "█" | "▓" => "#",
        "░" | "▒" => ".",
        "•" | "◦" | "▪" | "●" | "○" => "*",
        "…" => ".",
        "›" | "▶" | "→" | "»" => ">",
        "◀" | "←" | "‹" | "«" => "<",
        "↑" => "^",
        "↓" => "v",
        "↵" | "⏎" => "<",
        "↻" => "~",
        "✗" | "✘" | "☒" | "×" => "x",
        "✓" | "✔" | "☑" => "x",
        "■" | "☐" | "□" => "#",
        "“" | "”" => "\"",
        "‘" | "’" => "'",
        // The spinner's dots.
        symbol if is_braille(symbol) => "*",
        symbol => symbol,
    }
}

fn is_braille(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    matches!(
        (chars.next(), chars.next()),
        (Some('\u{2800}'..='\u{28ff}'), None)
    )
}
