use super::super::width::text_width;
use super::*;

/// Formulas as they are typed, and on one line.
const INLINE: &[(&str, &str)] = &[
    ("x^2", "x²"),
    ("a_1 + a_2", "a₁ + a₂"),
    ("x^{n+1}", "xⁿ⁺¹"),
    ("x_1^2", "x₁²"),
    (r"e^{i\pi} + 1 = 0", "e^(iπ) + 1 = 0"),
    (r"e^{-x^2}", "e^(-x²)"),
    ("A^T", "Aᵀ"),
    ("x^*", "x^*"),
    (r"90^\circ", "90°"),
    ("f'(x)", "f′(x)"),
    ("f''(x)^2", "f″(x)²"),
    (r"\frac{1}{2}mv^2", "½mv²"),
    (r"\frac12", "½"),
    (r"\frac{a}{b}", "a/b"),
    (r"\frac{a+b}{c}", "(a+b)/c"),
    (r"\frac{-b \pm \sqrt{b^2-4ac}}{2a}", "(-b±√(b²-4ac))/(2a)"),
    (r"\frac{dy}{dx}", "dy/dx"),
    (r"\frac{\partial f}{\partial x}", "∂f/∂x"),
    (r"\frac{(x+1)}{(x-1)}", "(x+1)/(x-1)"),
    (r"\frac{(a)(b)}{(c)(d)}", "(a)(b)/((c)(d))"),
    (r"\frac{\frac{a}{b}}{c}", "(a/b)/c"),
    (r"\left(\frac{a}{b}\right)^2", "(a/b)²"),
    (r"{\frac{a}{b}}^2", "(a/b)²"),
    (r"\sqrt{x}", "√x"),
    (r"\sqrt{x+1}", "√(x+1)"),
    (r"\sqrt{12}", "√12"),
    (r"\sqrt2", "√2"),
    (r"\sqrt{x^2}", "√(x²)"),
    (r"\sqrt[3]{x}", "∛x"),
    (r"\sqrt[n]{x}", "ⁿ√x"),
    (r"\sqrt[n+1]{ab}", "ⁿ⁺¹√(ab)"),
    (r"a \times b \cdot c \div d", "a × b · c ÷ d"),
    (r"a \le b \geq c \neq d", "a ≤ b ≥ c ≠ d"),
    (r"x \in A \cup B", "x ∈ A ∪ B"),
    (r"x \not\in A, a \not= b", "x ∉ A, a ≠ b"),
    (r"p \implies q \iff r", "p ⟹ q ⟺ r"),
    (r"f: A \to B", "f : A → B"),
    (r"\alpha\beta\Gamma\varepsilon", "αβΓε"),
    ("a=-b", "a = -b"),
    ("-x+y", "-x + y"),
    ("(-1)^n", "(-1)ⁿ"),
    (r"2\pi r", "2πr"),
    (r"\sin x + \cos(y)", "sin x + cos(y)"),
    (r"\sin^2\theta", "sin² θ"),
    (r"\log_2 n", "log₂ n"),
    (r"2\ln x", "2 ln x"),
    (r"\lim_{x \to 0} f(x)", "lim_(x→0) f(x)"),
    (r"\sum_{i=1}^{n} i^2", "∑ᵢ₌₁ⁿ i²"),
    (r"\prod_{k \in S} a_k", "∏_(k∈S) aₖ"),
    (r"\int_0^1 f(x)\,dx", "∫₀¹ f(x) dx"),
    (
        r"\int_{-\infty}^{\infty} e^{-x^2} dx",
        "∫_(-∞)^∞ e^(-x²) dx",
    ),
    (r"\nabla \cdot \vec{E}", "∇ · E⃗"),
    (
        r"\hat{x}, \bar{y}, \overline{AB}",
        "x\u{302}, y\u{304}, A\u{305}B\u{305}",
    ),
    (r"\mathbb{R}^n, \mathbb{E}[X]", "ℝⁿ, 𝔼[X]"),
    (r"\mathcal{L}", "ℒ"),
    (r"\mathbf{v}\cdot\mathrm{d}x", "v · dx"),
    (r"v_{\text{max}}", "vₘₐₓ"),
    (r"x \text{ if } y", "x if y"),
    (r"5\,\text{kg}", "5 kg"),
    (r"\operatorname{foo} x", "foo x"),
    (r"\binom{n}{k}", "C(n, k)"),
    (r"\left| x \right|", "|x|"),
    (r"\|x\|_2", "‖x‖₂"),
    (r"\{1, 2, \ldots, n\}", "{1, 2, …, n}"),
    (r"\{x \mid x > 0\}", "{x ∣ x > 0}"),
    (r"1,000 + 3.14", "1,000 + 3.14"),
    (r"1{,}000", "1,000"),
    (r"f(x, y)", "f(x, y)"),
    (r"n!", "n!"),
    (r"a \quad b", "a  b"),
    (r"\boxed{42}", "[42]"),
    (
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
        "(a b; c d)",
    ),
    (
        r"\begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix}",
        "[1 0; 0 1]",
    ),
    (
        r"\begin{vmatrix} a & b \\ c & d \end{vmatrix}",
        "|a b; c d|",
    ),
    (
        r"|x| = \begin{cases} x & \text{if } x \ge 0 \\ -x & \text{otherwise} \end{cases}",
        "|x| = {x, if x ≥ 0; -x, otherwise",
    ),
    (
        r"\begin{aligned} a &= b \\ &= c \end{aligned}",
        "a = b; = c",
    ),
    (r"a \equiv b \pmod{n}", "a ≡ b (mod n)"),
    (r"\underbrace{a+b}_{n}", "(a + b)ₙ"),
    (r"A \xrightarrow{f} B", "A ⟶ᶠ B"),
    (r"50\%", "50%"),
    (r"O(n \log n)", "O(n log n)"),
    (r"\lfloor x \rfloor", "⌊x⌋"),
    (r"速度 = \frac{距离}{时间}", "速度 = 距离/(时间)"),
    ("", ""),
];

#[test]
fn a_formula_is_written_on_one_line() {
    let wrong: Vec<_> = INLINE
        .iter()
        .map(|(source, shown)| (*source, inline(source).unwrap_or_default(), *shown))
        .filter(|(_, found, shown)| found != shown)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Formulas as they are typed, and in rows.
const DISPLAY: &[(&str, &[&str])] = &[
    (r"E = mc^2", &["E = mc²"]),
    (r"\frac{a+b}{c}", &["a + b", "─────", "  c  "]),
    (
        r"x = \frac{-b \pm \sqrt{b^2-4ac}}{2a}",
        &[
            "    -b ± √(b²-4ac)",
            "x = ──────────────",
            "          2a      ",
        ],
    ),
    (
        r"\sum_{i=1}^{n} i^2 = \frac{n(n+1)}{2}",
        &[
            " n       n(n + 1)",
            " ∑  i² = ────────",
            "i=1         2    ",
        ],
    ),
    (
        r"\lim_{x \to 0} \frac{\sin x}{x} = 1",
        &["    sin x    ", "lim ───── = 1", "x→0   x      "],
    ),
    (
        r"\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}",
        &[" ∞  -x²      √π", "∫  e    dx = ──", " 0           2 "],
    ),
    (r"\sqrt{\frac{a}{b}}", &[" ┌──", " │a ", " │─ ", "╲│b "]),
    (r"\sqrt[n]{\frac{a}{b}}", &[" ┌──", " │a ", "ⁿ│─ ", "╲│b "]),
    (
        r"1 + \cfrac{1}{1 + \cfrac{1}{x}}",
        &[
            "       1   ",
            "1 + ───────",
            "         1 ",
            "     1 + ─ ",
            "         x ",
        ],
    ),
    (
        r"\binom{n}{k} = \frac{n!}{k!(n-k)!}",
        &["⎛n⎞       n!    ", "⎜ ⎟ = ──────────", "⎝k⎠   k!(n - k)!"],
    ),
    (
        r"A = \begin{pmatrix} a & b \\ c & d \end{pmatrix}",
        &["    ⎛a  b⎞", "A = ⎝c  d⎠"],
    ),
    (
        r"\begin{bmatrix} 1 & 0 & 0 \\ 0 & 10 & 0 \\ 0 & 0 & 1 \end{bmatrix}^{-1}",
        &[
            "          -1",
            "⎡1  0   0⎤  ",
            "⎢0  10  0⎥  ",
            "⎣0  0   1⎦  ",
        ],
    ),
    (
        r"\det\begin{vmatrix} a & b \\ c & d \end{vmatrix} = ad - bc",
        &["   │a  b│          ", "det│c  d│ = ad - bc"],
    ),
    (
        r"|x| = \begin{cases} x & \text{if } x \ge 0 \\ -x & \text{otherwise} \end{cases}",
        &[
            "      ⎧ x   if x ≥ 0 ",
            "|x| = ⎨              ",
            "      ⎩ -x  otherwise",
        ],
    ),
    (
        r"\begin{aligned} (a+b)^2 &= a^2 + 2ab + b^2 \\ &\ge 0 \end{aligned}",
        &["(a + b)² = a² + 2ab + b²", "         ≥ 0            "],
    ),
    (
        r"\left(\frac{a}{b}\right)^{n+\pi}",
        &["   n+π", "⎛a⎞   ", "⎜─⎟   ", "⎝b⎠   "],
    ),
    (
        r"\left.\frac{df}{dx}\right|_{x=0}",
        &["df│   ", "──│   ", "dx│   ", "   x=0"],
    ),
    (
        r"\boxed{x = \frac{1}{2}}",
        &[
            "┌───────┐",
            "│     1 │",
            "│ x = ─ │",
            "│     2 │",
            "└───────┘",
        ],
    ),
    (
        r"\underbrace{1+1+\cdots+1}_{n} = n",
        &[
            "1 + 1 + ⋯ + 1 = n",
            "╰─────┬─────╯    ",
            "      n          ",
        ],
    ),
    (
        r"\begin{array}{c|c} p & q \\ \hline 0 & 1 \end{array}",
        &["p │ q", "─────", "0 │ 1"],
    ),
    (r"A \xrightarrow{f} B", &["  f  ", "A ⟶ B"]),
    (r"\left\{ \frac{a}{b} \right\}", &["⎧a⎫", "⎨─⎬", "⎩b⎭"]),
    (r"\max_{x \in S} f(x)", &["max f(x)", "x∈S     "]),
    (
        r"\begin{gathered} a \\ a+b+c \end{gathered}",
        &["    a    ", "a + b + c"],
    ),
    (r"x = 1 \\ y = 2", &["x = 1", "y = 2"]),
];

#[test]
fn a_formula_is_drawn_in_rows_of_the_same_width() {
    for (source, rows) in DISPLAY {
        let drawn = display(source).unwrap_or_default();
        assert_eq!(drawn, *rows, "{source}\n{}", drawn.join("\n"));
        let width = text_width(&drawn[0]);
        assert!(drawn.iter().all(|row| text_width(row) == width), "{source}");
    }
}

#[test]
fn what_is_not_known_or_not_closed_is_no_formula() {
    for source in [
        r"\unknown{x}",
        r"\frac{a}",
        r"\frac{a}{b",
        "{x",
        "x}",
        "x^",
        "x^1^2",
        "a & b & {",
        r"\left( x",
        r"x \right)",
        r"\begin{matrix} a",
        r"\begin{matrix} a \end{pmatrix}",
        r"\begin{tikzpicture} a \end{tikzpicture}",
        r"\widehat{ABC}",
        r"\text{a {b} c}",
        r"\mathbb{+}",
        r"\sqrt[3{x}",
        "\\",
        "",
        "  ",
        "{}",
    ] {
        assert_eq!(inline(source), None, "{source}");
        assert_eq!(display(source), None, "{source}");
    }
}

#[test]
fn long_and_deep_formulas_are_left_alone() {
    assert!(inline(&"x".repeat(4096)).is_some());
    assert!(inline(&"x".repeat(4097)).is_none());
    for (open, close) in [
        ("{", "}"),
        (r"\sqrt{", "}"),
        (r"\left(", r"\right)"),
        ("x^{", "}"),
        (r"\frac{1}{", "}"),
    ] {
        let nested = |levels: usize| [&open.repeat(levels), "x", &close.repeat(levels)].concat();
        assert!(inline(&nested(12)).is_some(), "{open}");
        assert!(inline(&nested(300)).is_none(), "{open}");
        assert!(display(&nested(300)).is_none(), "{open}");
    }
    let tall = r"\frac{a}{b} \\ ".repeat(200);
    assert_eq!(display(&["x".repeat(1000), tall].concat()), None);
}

#[test]
fn marks_on_marks_do_not_double_the_text() {
    let marks = [&r"\vec{".repeat(14), "xy", &"}".repeat(14)].concat();
    assert_eq!(inline(&marks).unwrap().chars().count(), 2 + 2 * 14);
}

#[test]
fn no_beginning_of_a_formula_panics_or_is_uneven() {
    let all = INLINE.iter().map(|(source, _)| *source);
    for source in all.chain(DISPLAY.iter().map(|(source, _)| *source)) {
        for (at, _) in source.char_indices() {
            let begun = source.get(..at).unwrap();
            assert!(!inline(begun).unwrap_or_default().contains('\n'), "{begun}");
            let rows = display(begun).unwrap_or_default();
            let widths: Vec<usize> = rows.iter().map(|row| text_width(row)).collect();
            assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{begun}");
        }
    }
}

#[test]
fn nothing_in_a_formula_acts_on_a_terminal() {
    assert_eq!(inline("a\u{1b}[31m").as_deref(), Some("a␛[31m"));
    assert_eq!(inline("\\text{a\u{202e}b}").as_deref(), Some("ab"));
}
