//! What a grammar's scopes look like: some fifty of them as a few roles.
//!
//! Owns the table. Grammars name what they find in Sublime Text's vocabulary of scopes
//! (<https://www.sublimetext.com/docs/scope_naming.html>); the innermost scope that the table knows
//! decides, by its longest known beginning. The theme turns roles into colours, so code looks as
//! the rest of the screen does.

use std::collections::HashMap;

use syntect::parsing::{Scope, ScopeStack};

use crate::markdown::Role;

/// Beginnings of scopes, and what they look like. [`Role::CodeBlock`] is plain.
const TABLE: [(&str, Role); 56] = [
    ("comment", Role::Comment),
    ("punctuation.definition.comment", Role::Comment),
    ("string", Role::String),
    ("string.unquoted", Role::CodeBlock),
    ("string.regexp", Role::String),
    ("punctuation.definition.string", Role::String),
    ("constant", Role::Number),
    ("constant.character.escape", Role::Number),
    ("constant.other.placeholder", Role::Number),
    ("keyword", Role::Keyword),
    ("keyword.operator", Role::CodeBlock),
    ("keyword.operator.word", Role::Keyword),
    ("keyword.operator.logical.python", Role::Keyword),
    ("keyword.operator.new", Role::Keyword),
    ("keyword.other.unit", Role::Number),
    ("storage", Role::Keyword),
    ("storage.type.numeric", Role::Number),
    ("variable.language", Role::Keyword),
    ("variable.function", Role::Function),
    ("variable.annotation", Role::Function),
    ("entity.name.function", Role::Function),
    ("entity.name.macro", Role::Function),
    ("entity.name.constant", Role::Number),
    ("support.function", Role::Function),
    ("support.macro", Role::Function),
    ("support.constant", Role::Number),
    ("support.type", Role::Type),
    ("support.class", Role::Type),
    ("support.type.property-name", Role::Function),
    ("support.module", Role::Type),
    ("entity.name.type", Role::Type),
    ("entity.name.class", Role::Type),
    ("entity.name.struct", Role::Type),
    ("entity.name.enum", Role::Type),
    ("entity.name.union", Role::Type),
    ("entity.name.trait", Role::Type),
    ("entity.name.impl", Role::Type),
    ("entity.name.interface", Role::Type),
    ("entity.other.inherited-class", Role::Type),
    ("entity.name.tag", Role::Keyword),
    ("entity.other.attribute-name", Role::Function),
    ("entity.name.section", Role::Keyword),
    ("entity.name.label", Role::Number),
    ("punctuation.definition.tag", Role::CodeBlock),
    ("markup.heading", Role::Keyword),
    ("markup.raw", Role::String),
    ("markup.inserted", Role::String),
    ("markup.deleted", Role::Keyword),
    ("markup.underline.link", Role::Function),
    ("meta.diff.header", Role::Comment),
    ("meta.diff.range", Role::Function),
    // Code within a string is code.
    ("meta.interpolation", Role::CodeBlock),
    ("meta.template.expression", Role::CodeBlock),
    ("meta.string-substitution", Role::CodeBlock),
    // So is a language within another one.
    ("source", Role::CodeBlock),
    ("text", Role::CodeBlock),
];

/// The table, and what was found in it before.
pub(super) struct Roles {
    table: Vec<(Scope, Role)>,
    known: HashMap<Scope, Option<Role>>,
}

impl Roles {
    pub(super) fn new() -> Self {
        let entry = |(scope, role): (&str, Role)| Some((Scope::new(scope).ok()?, role));
        Self {
            table: TABLE.into_iter().filter_map(entry).collect(),
            known: HashMap::new(),
        }
    }

    /// What text in these scopes looks like.
    pub(super) fn of(&mut self, scopes: &ScopeStack) -> Role {
        let inside_out = scopes.as_slice().iter().rev();
        let mut found = inside_out.filter_map(|scope| self.find(*scope));
        found.next().unwrap_or(Role::CodeBlock)
    }

    fn find(&mut self, scope: Scope) -> Option<Role> {
        let table = &self.table;
        *self.known.entry(scope).or_insert_with(|| {
            let fits = table.iter().filter(|(known, _)| known.is_prefix_of(scope));
            let longest = fits.max_by_key(|(known, _)| known.len())?;
            Some(longest.1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_of_the_table_is_a_scope() {
        assert_eq!(Roles::new().table.len(), TABLE.len());
    }
}
