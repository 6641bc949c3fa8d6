//! Which known words a mistyped word was probably meant to be.

use crate::phrase::tr;

/// The candidates nearest to `word`, best first, at most three; none when nothing is near.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = plain(word);
    // One slip in three letters, and never more than three: past that a guess misleads.
    let most = (wanted.len() / 3).clamp(1, 3);
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let known = plain(candidate);
            let slips = distance(&wanted, &known);
            let begins = wanted.len() >= 3 && known.starts_with(&wanted);
            (slips <= most)
                .then_some((slips, candidate))
                .or(begins.then_some((most + 1, candidate)))
        })
        .collect();
    near.sort_by_key(|&(slips, _)| slips);
    // What is clearly further off than the best would only distract.
    let best = near.first().map_or(0, |&(slips, _)| slips);
    near.retain(|&(slips, _)| slips <= best + 1);
    near.into_iter().take(3).map(|(_, word)| word).collect()
}

/// ` Did you mean a or b?`, or nothing: to be put behind a sentence.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(word, candidates).as_slice() {
        [] => String::new(),
        near => tr!(" Did you mean {words}?", words = either(near)),
    }
}

/// `a`, `a or b`, `a, b or c`.
pub fn either<T: AsRef<str>>(words: &[T]) -> String {
    match words {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            tr!(
                "{first} or {last}",
                first = first.join(tr!(", ")),
                last = last.as_ref()
            )
        }
    }
}

fn plain(word: &str) -> Vec<char> {
    word.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last = None;
    for (i, &x) in a.iter().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        let mut left = i + 1;
        next.push(left);
        for (j, &y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let change = at(&row, j) + usize::from(x != y);
            let mut best = change.min(at(&row, j + 1) + 1).min(left + 1);
            let previous = j.checked_sub(1).and_then(|j| b.get(j)).copied();
            if last == Some(y) && previous == Some(x) {
                best = best.min(at(&before, j.saturating_sub(1)) + 1);
            }
            next.push(best);
            left = best;
        }
        before = std::mem::replace(&mut row, next);
        last = Some(x);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_find_the_word() {
        let keys = ["thinking_width", "thinking_side", "theme", "mouse"];
        assert_eq!(nearest("thinking_widht", keys), ["thinking_width"]);
        assert_eq!(nearest("moues", keys), ["mouse"]);
        assert_eq!(nearest("thinkingwidth", keys), ["thinking_width"]);
        assert_eq!(nearest("the", keys), ["theme"]);
        assert!(nearest("colour", keys).is_empty());
        assert!(nearest("", keys).is_empty());
    }

    #[test]
    fn a_swap_of_neighbours_is_one_slip() {
        let chars = |word: &str| word.chars().collect::<Vec<_>>();
        assert_eq!(distance(&chars("moues"), &chars("mouse")), 1);
        assert_eq!(distance(&chars("abc"), &chars("")), 3);
        assert_eq!(distance(&chars("kitten"), &chars("sitting")), 3);
    }

    #[test]
    fn words_are_listed_as_people_do() {
        assert_eq!(either(&["a", "b", "c"]), "a, b or c");
        assert_eq!(did_you_mean("moues", ["mouse"]), " Did you mean mouse?");
    }
}
