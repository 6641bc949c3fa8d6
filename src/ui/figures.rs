//! Numbers as people read them: `12.3k`, `8.4 s`, `87 tok/s`, `$0.001`.

use std::time::Duration;

pub(crate) use crate::catalog::price;
pub(crate) use crate::chat::short_count as count;

/// A span of time: `0.4 s`, `8.4 s`, `42 s`, `3:07 min`.
pub(crate) fn span(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 99.5 {
        format!("{seconds:.0} s")
    } else {
        format!("{}:{:02} min", time.as_secs() / 60, time.as_secs() % 60)
    }
}

/// Tokens per second, `None` while there is too little to tell.
pub(crate) fn speed(tokens: u64, time: Duration) -> Option<String> {
    let seconds = time.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let tokens_f = tokens as f64;
    let speed = tokens_f / seconds;
    // A tenth is worth a digit where there is no more than that.
    let digits = usize::from(speed < 0.95);
    (tokens >= 5 && seconds >= 0.05 && speed >= 0.05).then(|| format!("{speed:.digits$} tok/s"))
}

/// The same of tokens of which it is known whether they are estimated: `~87 tok/s`.
pub(crate) fn pace((tokens, reported): (u64, bool), time: Duration) -> Option<String> {
    let about = if reported { "" } else { "~" };
    Some(format!("{about}{}", speed(tokens, time)?))
}

/// A size: `950 B`, `12 kB`, `3.4 MB`.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", (bytes + 500) / 1_000),
        _ => {
            let tenths = (bytes + 50_000) / 100_000;
            format!("{}.{} MB", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let spans = [40, 950, 9_960, 42_000, 187_000].map(|ms| span(Duration::from_millis(ms)));
        assert_eq!(spans.join(" "), "0.0 s 0.9 s 10 s 42 s 3:07 min");
        let sizes = [0, 999, 1_000, 12_345, 999_499, 3_440_000];
        assert_eq!(
            sizes.map(size).join(" "),
            "0 B 999 B 1 kB 12 kB 999 kB 3.4 MB"
        );
        assert_eq!(
            speed(87, Duration::from_secs(1)).as_deref(),
            Some("87 tok/s")
        );
        assert_eq!(speed(1, Duration::from_secs(1)), None);
        let slow = |seconds| speed(10, Duration::from_secs(seconds));
        assert_eq!(slow(30).as_deref(), Some("0.3 tok/s"));
        assert_eq!(slow(10).as_deref(), Some("1 tok/s"));
        assert_eq!(slow(1000), None);
    }
}
