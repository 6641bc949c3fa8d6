//! Which turns were asked of a model.

use std::collections::HashSet;

use rusqlite::{Connection, params};

/// The turns that were asked of a model whose name holds this, or answered by one. There are few
/// models however many turns there are, so a name that nobody has is known at once.
pub(super) fn turns(store: &Connection, wanted: &str) -> rusqlite::Result<HashSet<i64>> {
    type Model = (String, String, Option<String>);
    let mut statement =
        store.prepare_cached("SELECT DISTINCT provider, model, served_model FROM turns")?;
    let models: Vec<Model> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut of_model = store.prepare_cached(
        "SELECT id FROM turns WHERE provider = ?1 AND model = ?2 AND served_model IS ?3",
    )?;
    let mut asked = HashSet::new();
    for (provider, model, served) in models {
        let names = format!("{provider}/{model} {}", served.as_deref().unwrap_or(""));
        if !names.to_lowercase().contains(wanted) {
            continue;
        }
        let mut rows = of_model.query(params![provider, model, served])?;
        while let Some(row) = rows.next()? {
            asked.insert(row.get(0)?);
        }
    }
    Ok(asked)
}
