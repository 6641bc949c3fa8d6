//! Reads code line by line with the grammars of `syntect` and `two-face`.
//!
//! Owns the grammars and, for the blocks asked for last, what was open after their last line (a
//! string, a comment), so that a block that grows costs each line once.
//!
//! Invariant: what panicked once is plain from there on and is not tried again.

use std::collections::VecDeque;

use syntect::parsing::{ParseState, ScopeStack, SyntaxSet};

use super::scope::Roles;
use super::{Lines, language};
use crate::markdown::{CodeRequest, Coloured, Fingerprint, Role};

/// Blocks that can be gone on with; more than these do not grow at once.
const MAX_BLOCKS: usize = 32;

/// The grammars, and how far each block is read.
pub(super) struct Painter {
    grammars: SyntaxSet,
    roles: Roles,
    /// What each block was like after the line of that fingerprint; the oldest first.
    blocks: VecDeque<(Fingerprint, Block)>,
}

/// What a block is like after some line.
#[derive(Debug, Clone)]
enum Block {
    Open(ParseState, ScopeStack),
    /// No grammar knows it, or the grammar has failed.
    Plain,
}

impl Painter {
    /// Loads the grammars: some milliseconds. Each is prepared when its language is first seen.
    pub(super) fn load() -> Self {
        Self {
            grammars: two_face::syntax::extra_newlines(),
            roles: Roles::new(),
            blocks: VecDeque::new(),
        }
    }

    /// Finds the colours of the lines asked for; `None` when what stands above is forgotten.
    pub(super) fn paint(&mut self, request: &CodeRequest) -> Lines {
        let block = self.block(request)?;
        // Should the grammar panic, this is what stays.
        self.remember(request.after, Block::Plain);
        let (lines, block) = self.read(block, &request.lines);
        self.remember(request.after, block);
        Some(lines)
    }

    /// What the block is like above the lines asked for.
    fn block(&self, request: &CodeRequest) -> Option<Block> {
        if request.first_line == 0 {
            let grammar = language::grammar(&self.grammars, &request.language);
            return Some(grammar.map_or(Block::Plain, |grammar| {
                Block::Open(ParseState::new(grammar), ScopeStack::new())
            }));
        }
        let mut known = self.blocks.iter();
        let at = known.position(|(print, _)| *print == request.before)?;
        // Blocks with the same beginning share it, so it is taken only as a copy.
        self.blocks.get(at).map(|(_, block)| block.clone())
    }

    fn remember(&mut self, print: Fingerprint, block: Block) {
        self.blocks.retain(|(known, _)| *known != print);
        self.blocks.push_back((print, block));
        if self.blocks.len() > MAX_BLOCKS {
            self.blocks.pop_front();
        }
    }

    fn read(&mut self, block: Block, lines: &[String]) -> (Vec<Box<[Coloured]>>, Block) {
        let Block::Open(mut state, mut scopes) = block else {
            return (vec![Box::default(); lines.len()], Block::Plain);
        };
        let mut painted = Vec::with_capacity(lines.len());
        for line in lines {
            let Some(pieces) = self.line(line, &mut state, &mut scopes) else {
                painted.resize(lines.len(), Box::default());
                return (painted, Block::Plain);
            };
            painted.push(pieces);
        }
        (painted, Block::Open(state, scopes))
    }

    /// Reads one line; `None` when the grammar can't go on.
    fn line(
        &mut self,
        text: &str,
        state: &mut ParseState,
        scopes: &mut ScopeStack,
    ) -> Option<Box<[Coloured]>> {
        // The grammars expect each line to have its end.
        let line = format!("{text}\n");
        let steps = state.parse_line(&line, &self.grammars).ok()?;
        let mut pieces = Vec::new();
        let mut at = 0;
        for (place, step) in steps {
            let place = place.min(text.len());
            push(&mut pieces, place.saturating_sub(at), self.roles.of(scopes));
            at = at.max(place);
            scopes.apply(&step).ok()?;
        }
        push(&mut pieces, text.len() - at, self.roles.of(scopes));
        Some(pieces.into_boxed_slice())
    }
}

fn push(pieces: &mut Vec<Coloured>, bytes: usize, role: Role) {
    match pieces.last_mut() {
        _ if bytes == 0 => {}
        Some(last) if last.role == role => last.bytes += bytes,
        _ => pieces.push(Coloured { bytes, role }),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn request(language: &str, lines: &[&str]) -> CodeRequest {
        let before = Fingerprint::start(language);
        CodeRequest {
            block: 0,
            language: language.to_owned(),
            first_line: 0,
            before,
            after: lines.iter().fold(before, |print, line| print.then(line)),
            lines: lines.iter().map(|&line| line.to_owned()).collect(),
        }
    }

    /// The lines that go on from those of another request.
    fn following(above: &CodeRequest, lines: &[&str]) -> CodeRequest {
        CodeRequest {
            first_line: above.first_line + above.lines.len(),
            before: above.after,
            after: lines
                .iter()
                .fold(above.after, |print, line| print.then(line)),
            lines: lines.iter().map(|&line| line.to_owned()).collect(),
            ..above.clone()
        }
    }

    /// The coloured pieces of each line, with a letter for the role.
    fn shown(request: &CodeRequest, lines: &[Box<[Coloured]>]) -> Vec<String> {
        let mut out = Vec::new();
        for (line, pieces) in request.lines.iter().zip(lines) {
            let mut at = 0;
            let mut words = String::new();
            for piece in pieces {
                let text = line.get(at..at + piece.bytes).unwrap();
                at += piece.bytes;
                let letter = match piece.role {
                    Role::CodeBlock => continue,
                    Role::Keyword => 'k',
                    Role::String => 's',
                    Role::Number => 'n',
                    Role::Comment => 'c',
                    Role::Function => 'f',
                    Role::Type => 't',
                    other => panic!("{other:?} in code"),
                };
                write!(words, "{letter}[{}] ", text.trim()).unwrap();
            }
            out.push(words.trim_end().to_owned());
        }
        out
    }

    fn coloured(language: &str, lines: &[&str]) -> Vec<String> {
        let request = request(language, lines);
        let painted = Painter::load().paint(&request).unwrap();
        shown(&request, &painted)
    }

    #[test]
    fn rust_has_the_colours_of_rust() {
        let lines = [
            "// hi",
            "fn main() -> Option<String> {",
            r#"    println!("{s}\n", 42); // é"#,
        ];
        let wanted = [
            "c[// hi]",
            "k[fn] f[main] t[Option] t[String]",
            r#"f[println!] s["] n[{s}\n] s["] n[42] c[// é]"#,
        ];
        assert_eq!(coloured("rust", &lines), wanted);
    }

    #[test]
    fn python_has_the_colours_of_python_and_code_in_strings_is_code() {
        let lines = [
            "class A(Base):",
            "    def f(self, x: int = 3):",
            "        return f\"a {x + 1}\" if not x else print('é')",
        ];
        let wanted = [
            "k[class] t[A] t[Base]",
            "k[def] f[f] t[int] n[3]",
            "k[return] k[f] s[\"a] n[1] s[\"] k[if] k[not] k[else] f[print] s['é']",
        ];
        assert_eq!(coloured("python", &lines), wanted);
    }

    #[test]
    fn what_is_open_at_the_end_of_a_request_goes_on_in_the_next() {
        let mut painter = Painter::load();
        let first = request("rust", &["let a = 1; /* begun", "and"]);
        painter.paint(&first).unwrap();
        let next = following(&first, &["ended */ let b = 2;"]);
        let painted = painter.paint(&next).unwrap();
        assert_eq!(shown(&next, &painted), ["c[ended */] k[let] n[2]"]);
    }

    #[test]
    fn a_block_whose_beginning_is_forgotten_is_asked_for_again() {
        let mut painter = Painter::load();
        let first = request("rust", &["/* begun"]);
        painter.paint(&first).unwrap();
        for number in 0..MAX_BLOCKS {
            let other = request("rust", &[&format!("let x = {number};")]);
            painter.paint(&other).unwrap();
        }
        assert_eq!(painter.paint(&following(&first, &["ended */"])), None);
    }

    #[test]
    fn what_failed_once_is_plain_from_there_on() {
        let mut painter = Painter::load();
        let first = request("rust", &["let a = 1;"]);
        painter.remember(first.after, Block::Plain);
        let next = following(&first, &["let b = 2;"]);
        let painted = painter.paint(&next).unwrap();
        assert_eq!(shown(&next, &painted), [""]);
    }

    #[test]
    fn any_code_in_any_language_is_painted_to_its_length() {
        let code =
            "#!/x\n\"a\n'b <c> {{d}} `e` \\ $f ${g} (h [i] é 漢 \u{1b}[0m\n\t/* j\n# k\n// l";
        let lines: Vec<&str> = code.lines().collect();
        let mut painter = Painter::load();
        for name in [
            "rs", "py", "ts", "tsx", "js", "sh", "c", "c++", "c#", "go", "html", "md",
        ] {
            let request = request(name, &lines);
            let painted = painter.paint(&request).unwrap();
            for (line, pieces) in lines.iter().zip(&painted) {
                let bytes: usize = pieces.iter().map(|piece| piece.bytes).sum();
                assert_eq!(bytes, line.len(), "{name}: {line:?}");
            }
        }
    }
}
