//! What LaTeX's names and letters look like in Unicode.
//!
//! Owns the tables; knows nothing of layout. A name that is not here is not known at all, and the
//! formula that holds it is shown as it was typed.

use super::tree::Class;

/// Commands that stand for one sign.
#[rustfmt::skip] // one line for each would be three hundred lines
const SIGNS: &[(&str, &str)] = &[
    ("alpha", "α"), ("beta", "β"), ("gamma", "γ"), ("delta", "δ"), ("epsilon", "ϵ"),
    ("varepsilon", "ε"), ("zeta", "ζ"), ("eta", "η"), ("theta", "θ"), ("vartheta", "ϑ"),
    ("iota", "ι"), ("kappa", "κ"), ("lambda", "λ"), ("mu", "μ"), ("nu", "ν"), ("xi", "ξ"),
    ("omicron", "ο"), ("pi", "π"), ("varpi", "ϖ"), ("rho", "ρ"), ("varrho", "ϱ"), ("sigma", "σ"),
    ("varsigma", "ς"), ("tau", "τ"), ("upsilon", "υ"), ("phi", "ϕ"), ("varphi", "φ"),
    ("chi", "χ"), ("psi", "ψ"), ("omega", "ω"), ("Gamma", "Γ"), ("Delta", "Δ"), ("Theta", "Θ"),
    ("Lambda", "Λ"), ("Xi", "Ξ"), ("Pi", "Π"), ("Sigma", "Σ"), ("Upsilon", "Υ"), ("Phi", "Φ"),
    ("Psi", "Ψ"), ("Omega", "Ω"), ("pm", "±"), ("mp", "∓"), ("times", "×"), ("div", "÷"),
    ("cdot", "·"), ("ast", "∗"), ("star", "⋆"), ("circ", "∘"), ("bullet", "•"), ("oplus", "⊕"),
    ("ominus", "⊖"), ("otimes", "⊗"), ("oslash", "⊘"), ("odot", "⊙"), ("cap", "∩"), ("cup", "∪"),
    ("uplus", "⊎"), ("sqcap", "⊓"), ("sqcup", "⊔"), ("wedge", "∧"), ("land", "∧"), ("vee", "∨"),
    ("lor", "∨"), ("setminus", "∖"), ("smallsetminus", "∖"), ("wr", "≀"), ("triangleleft", "◁"),
    ("triangleright", "▷"), ("dagger", "†"), ("ddagger", "‡"), ("ltimes", "⋉"), ("rtimes", "⋊"),
    ("le", "≤"), ("leq", "≤"), ("leqslant", "⩽"), ("ge", "≥"), ("geq", "≥"), ("geqslant", "⩾"),
    ("lt", "<"), ("gt", ">"), ("ne", "≠"), ("neq", "≠"), ("approx", "≈"), ("equiv", "≡"),
    ("sim", "∼"), ("simeq", "≃"), ("cong", "≅"), ("propto", "∝"), ("asymp", "≍"), ("doteq", "≐"),
    ("ll", "≪"), ("gg", "≫"), ("prec", "≺"), ("succ", "≻"), ("preceq", "⪯"), ("succeq", "⪰"),
    ("in", "∈"), ("notin", "∉"), ("ni", "∋"), ("subset", "⊂"), ("supset", "⊃"), ("subseteq", "⊆"),
    ("supseteq", "⊇"), ("subsetneq", "⊊"), ("supsetneq", "⊋"), ("sqsubseteq", "⊑"),
    ("sqsupseteq", "⊒"), ("mid", "∣"), ("nmid", "∤"), ("parallel", "∥"), ("nparallel", "∦"),
    ("perp", "⊥"), ("vdash", "⊢"), ("dashv", "⊣"), ("models", "⊨"), ("vDash", "⊨"),
    ("coloneqq", "≔"), ("triangleq", "≜"), ("lesssim", "≲"), ("gtrsim", "≳"), ("Vdash", "⊩"),
    ("bowtie", "⋈"), ("to", "→"), ("rightarrow", "→"), ("longrightarrow", "⟶"),
    ("leftarrow", "←"), ("gets", "←"), ("longleftarrow", "⟵"), ("leftrightarrow", "↔"),
    ("longleftrightarrow", "⟷"), ("Rightarrow", "⇒"), ("Longrightarrow", "⟹"), ("implies", "⟹"),
    ("Leftarrow", "⇐"), ("Longleftarrow", "⟸"), ("impliedby", "⟸"), ("Leftrightarrow", "⇔"),
    ("Longleftrightarrow", "⟺"), ("iff", "⟺"), ("mapsto", "↦"), ("longmapsto", "⟼"),
    ("uparrow", "↑"), ("downarrow", "↓"), ("updownarrow", "↕"), ("Uparrow", "⇑"),
    ("Downarrow", "⇓"), ("nearrow", "↗"), ("searrow", "↘"), ("swarrow", "↙"), ("nwarrow", "↖"),
    ("hookrightarrow", "↪"), ("hookleftarrow", "↩"), ("rightharpoonup", "⇀"),
    ("leftharpoonup", "↼"), ("rightleftharpoons", "⇌"), ("leadsto", "⇝"),
    ("rightsquigarrow", "⇝"), ("twoheadrightarrow", "↠"), ("nrightarrow", "↛"),
    ("therefore", "∴"), ("because", "∵"), ("sum", "∑"), ("prod", "∏"), ("coprod", "∐"),
    ("int", "∫"), ("iint", "∬"), ("iiint", "∭"), ("oint", "∮"), ("bigcup", "⋃"), ("bigcap", "⋂"),
    ("bigvee", "⋁"), ("bigwedge", "⋀"), ("bigoplus", "⨁"), ("bigotimes", "⨂"), ("bigodot", "⨀"),
    ("bigsqcup", "⨆"), ("biguplus", "⨄"), ("infty", "∞"), ("partial", "∂"), ("nabla", "∇"),
    ("forall", "∀"), ("exists", "∃"), ("nexists", "∄"), ("emptyset", "∅"), ("varnothing", "∅"),
    ("neg", "¬"), ("lnot", "¬"), ("top", "⊤"), ("bot", "⊥"), ("angle", "∠"),
    ("measuredangle", "∡"), ("triangle", "△"), ("square", "□"), ("Box", "□"),
    ("blacksquare", "■"), ("lozenge", "◊"), ("Diamond", "◇"), ("diamond", "⋄"), ("hbar", "ℏ"),
    ("hslash", "ℏ"), ("ell", "ℓ"), ("wp", "℘"), ("Re", "ℜ"), ("Im", "ℑ"), ("aleph", "ℵ"),
    ("beth", "ℶ"), ("imath", "ı"), ("jmath", "ȷ"), ("degree", "°"), ("prime", "′"),
    ("checkmark", "✓"), ("surd", "√"), ("clubsuit", "♣"), ("diamondsuit", "♢"),
    ("heartsuit", "♡"), ("spadesuit", "♠"), ("flat", "♭"), ("sharp", "♯"), ("natural", "♮"),
    ("blacktriangle", "▲"), ("complement", "∁"), ("ldots", "…"), ("dots", "…"), ("dotsc", "…"),
    ("dotso", "…"), ("cdots", "⋯"), ("dotsb", "⋯"), ("dotsm", "⋯"), ("vdots", "⋮"),
    ("ddots", "⋱"), ("colon", ":"), ("langle", "⟨"), ("rangle", "⟩"), ("lfloor", "⌊"),
    ("rfloor", "⌋"), ("lceil", "⌈"), ("rceil", "⌉"), ("lbrace", "{"), ("rbrace", "}"),
    ("lbrack", "["), ("rbrack", "]"), ("vert", "|"), ("lvert", "|"), ("rvert", "|"),
    ("Vert", "‖"), ("lVert", "‖"), ("rVert", "‖"), ("backslash", "\\"), ("lgroup", "("),
    ("rgroup", ")"), ("S", "§"), ("P", "¶"), ("pounds", "£"), ("euro", "€"), ("yen", "¥"),
    ("copyright", "©"), ("{", "{"), ("}", "}"), ("|", "‖"), ("%", "%"), ("$", "$"), ("#", "#"),
    ("&", "&"), ("_", "_"), ("AA", "Å"), ("ae", "æ"), ("o", "ø"),
];

/// Functions written out in upright letters.
const WORDS: &[&str] = &[
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh",
    "coth", "log", "ln", "lg", "exp", "det", "dim", "ker", "deg", "gcd", "lcm", "hom", "arg", "Pr",
    "sgn", "tr", "rank", "diag", "span", "lim", "max", "min", "sup", "inf", "limsup", "liminf",
    "argmax", "argmin", "injlim", "projlim",
];

/// Words that take what stands under them as limits.
const LIMIT_WORDS: &[&str] = &[
    "lim", "max", "min", "sup", "inf", "limsup", "liminf", "argmax", "argmin", "gcd", "det", "Pr",
];

const RELATIONS: &str =
    "=<>:≤⩽≥⩾≠≈≡∼≃≅∝≍≐≪≫≺≻⪯⪰∈∉∋∌⊂⊃⊆⊇⊊⊋⊑⊒∣∤∥∦⊥⊢⊣⊨⊩≔≜≲≳⋈→⟶←⟵↔⟷⇒⟹⇐⟸⇔⟺↦⟼↗↘↙↖↪↩⇀↼⇌⇝↠↛≢≁≄≇⊄⊅⊈⊉∴∵";
const OPERATORS: &str = "+-−*±∓×÷·∗⋆∘•⊕⊖⊗⊘⊙∩∪⊎⊓⊔∧∨∖≀◁▷†‡⋉⋊⋄";
const LARGE: &str = "∑∏∐∫∬∭∮⋃⋂⋁⋀⨁⨂⨀⨆⨄";
const SUMS: &str = "∑∏∐⋃⋂⋁⋀⨁⨂⨀⨆⨄";

const SUPER: (&str, &str) = (
    "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθιϕφχ′″‴°†",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᶥᶲᵠᵡ′″‴°†",
);
const SUB: (&str, &str) = (
    "0123456789+-−=()aehijklmnoprstuvxβγρφχ",
    "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
);

/// What is crossed out by a sign of its own.
const NEGATED: (&str, &str) = ("=∈∋<>≤≥≡∼≃≅⊂⊃⊆⊇∣∥→∃≈", "≠∉∌≮≯≰≱≢≁≄≇⊄⊅⊈⊉∤∦↛∄≉");

/// A command, its capital A and small a, and the exceptions.
type Alphabet = (&'static str, u32, Option<u32>, &'static [(char, char)]);

/// Alphabets that Unicode has, each with the exceptions that are older than the rest.
const ALPHABETS: &[Alphabet] = &[
    (
        "mathbb",
        0x1d538,
        Some(0x1d552),
        &[
            ('C', 'ℂ'),
            ('H', 'ℍ'),
            ('N', 'ℕ'),
            ('P', 'ℙ'),
            ('Q', 'ℚ'),
            ('R', 'ℝ'),
            ('Z', 'ℤ'),
            ('1', '𝟙'),
            ('0', '𝟘'),
        ],
    ),
    (
        "mathcal",
        0x1d49c,
        None,
        &[
            ('B', 'ℬ'),
            ('E', 'ℰ'),
            ('F', 'ℱ'),
            ('H', 'ℋ'),
            ('I', 'ℐ'),
            ('L', 'ℒ'),
            ('M', 'ℳ'),
            ('R', 'ℛ'),
        ],
    ),
    (
        "mathfrak",
        0x1d504,
        Some(0x1d51e),
        &[('C', 'ℭ'), ('H', 'ℌ'), ('I', 'ℑ'), ('R', 'ℜ'), ('Z', 'ℨ')],
    ),
];

/// Finds the sign that a command stands for.
pub(super) fn sign(name: &str) -> Option<&'static str> {
    let found = SIGNS.iter().find(|(known, _)| *known == name);
    found.map(|(_, sign)| *sign)
}

/// Finds the function that a command writes out.
pub(super) fn word(name: &str) -> Option<&'static str> {
    WORDS.iter().find(|known| **known == name).copied()
}

/// Tells whether scripts stand above and below `text`, where there is room.
pub(super) fn takes_limits(text: &str) -> bool {
    LIMIT_WORDS.contains(&text) || text.chars().all(|c| SUMS.contains(c))
}

/// Tells how a sign stands to what is beside it.
pub(super) fn class(c: char) -> Class {
    match c {
        '(' | '[' | '{' | '⟨' | '⌊' | '⌈' => Class::Open,
        ')' | ']' | '}' | '⟩' | '⌋' | '⌉' | '!' => Class::Close,
        ',' | ';' => Class::Punct,
        c if RELATIONS.contains(c) => Class::Rel,
        c if OPERATORS.contains(c) => Class::Bin,
        c if LARGE.contains(c) => Class::Op,
        _ => Class::Ord,
    }
}

/// Writes `text` raised, when every character of it has such a form.
pub(super) fn raised(text: &str) -> Option<String> {
    translate(text, SUPER)
}

/// Writes `text` lowered, when every character of it has such a form.
pub(super) fn lowered(text: &str) -> Option<String> {
    translate(text, SUB)
}

/// Crosses out a sign.
pub(super) fn negated(sign: &str) -> String {
    translate(sign, NEGATED).unwrap_or_else(|| format!("{sign}\u{338}"))
}

/// Writes `text` in the alphabet that a command asks for.
pub(super) fn lettered(name: &str, text: &str) -> Option<String> {
    let name = if name == "mathscr" { "mathcal" } else { name };
    let (_, upper, lower, special) = ALPHABETS.iter().find(|(known, ..)| *known == name)?;
    text.chars()
        .map(|c| {
            let older = special.iter().find(|(plain, _)| *plain == c);
            match c {
                _ if older.is_some() => older.map(|(_, special)| *special),
                'A'..='Z' => char::from_u32(upper + u32::from(c) - u32::from('A')),
                'a'..='z' => char::from_u32((*lower)? + u32::from(c) - u32::from('a')),
                _ => None,
            }
        })
        .collect()
}

/// Finds the sign of a common fraction.
pub(super) fn fraction(over: &str, under: &str) -> Option<&'static str> {
    let sign = match (over, under) {
        ("1", "2") => "½",
        ("1", "3") => "⅓",
        ("2", "3") => "⅔",
        ("1", "4") => "¼",
        ("3", "4") => "¾",
        ("1", "5") => "⅕",
        ("2", "5") => "⅖",
        ("3", "5") => "⅗",
        ("4", "5") => "⅘",
        ("1", "6") => "⅙",
        ("5", "6") => "⅚",
        ("1", "8") => "⅛",
        ("3", "8") => "⅜",
        ("5", "8") => "⅝",
        ("7", "8") => "⅞",
        _ => return None,
    };
    Some(sign)
}

/// Finds the mark that an accent puts over each letter, and whether it may stand over several.
pub(super) fn accent(name: &str) -> Option<(char, bool)> {
    let mark = match name {
        "hat" | "widehat" => ('\u{302}', false),
        "tilde" | "widetilde" => ('\u{303}', false),
        "bar" => ('\u{304}', false),
        "dot" => ('\u{307}', false),
        "ddot" => ('\u{308}', false),
        "check" => ('\u{30c}', false),
        "breve" => ('\u{306}', false),
        "acute" => ('\u{301}', false),
        "grave" => ('\u{300}', false),
        "mathring" => ('\u{30a}', false),
        "vec" | "overrightarrow" => ('\u{20d7}', true),
        "overline" => ('\u{305}', true),
        "underline" => ('\u{332}', true),
        _ => return None,
    };
    Some(mark)
}

/// The parts of a tall delimiter: top, middle, bottom, and what fills the rest; its two halves
/// when it is two rows tall.
pub(super) fn tall(sign: &str) -> Option<[&'static str; 6]> {
    let parts = match sign {
        "(" => ["⎛", "⎜", "⎝", "⎜", "⎛", "⎝"],
        ")" => ["⎞", "⎟", "⎠", "⎟", "⎞", "⎠"],
        "[" => ["⎡", "⎢", "⎣", "⎢", "⎡", "⎣"],
        "]" => ["⎤", "⎥", "⎦", "⎥", "⎤", "⎦"],
        "{" => ["⎧", "⎨", "⎩", "⎪", "⎰", "⎱"],
        "}" => ["⎫", "⎬", "⎭", "⎪", "⎱", "⎰"],
        "⌊" => ["⎢", "⎢", "⎣", "⎢", "⎢", "⎣"],
        "⌋" => ["⎥", "⎥", "⎦", "⎥", "⎥", "⎦"],
        "⌈" => ["⎡", "⎢", "⎢", "⎢", "⎡", "⎢"],
        "⌉" => ["⎤", "⎥", "⎥", "⎥", "⎤", "⎥"],
        "|" => ["│", "│", "│", "│", "│", "│"],
        "‖" => ["║", "║", "║", "║", "║", "║"],
        _ => return None,
    };
    Some(parts)
}

fn translate(text: &str, (from, to): (&str, &str)) -> Option<String> {
    let one = |c: char| {
        let place = from.chars().position(|known| known == c)?;
        to.chars().nth(place)
    };
    text.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_halves_of_each_table_are_as_long() {
        for (from, to) in [SUPER, SUB, NEGATED] {
            assert_eq!(from.chars().count(), to.chars().count(), "{to}");
        }
    }
}
