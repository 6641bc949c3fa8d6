//! Any bytes, cut anywhere.

use super::*;

/// A body of well-formed events, broken ones and noise.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        "[a-z \\n<>/`]{0,12}",
        Just("<think>".to_owned()),
        Just("</think>".to_owned()),
        Just("\n</think>\n".to_owned()),
        Just("👩‍👩‍👧 你好".to_owned()),
    ];
    let event = (text, 0..12_u8).prop_map(|(text, sort)| match sort {
        0..4 => chunk(&json!({"content": text})),
        4..6 => chunk(&json!({"reasoning_content": text})),
        6 => format!(
            "data: {}\r\n\r\n",
            json!({"type": "content_block_delta", "index": 0,
                "delta": {"type": "text_delta", "text": text}})
        ),
        7 => format!(
            "event:result\r:HTTP_STATUS/200\rdata:{}\r\r",
            json!({"output": {"choices": [{"message": {"content": text}}]}})
        ),
        8 => format!("data: {text}\n\n"),
        9 => format!("{{\"message\":{{\"content\":{}}}}}\n", json!(text)),
        10 => finish("stop"),
        _ => format!(": {text}\n\n"),
    });
    let noise = prop::collection::vec(any::<u8>(), 0..40);
    let piece = prop_oneof![8 => event.prop_map(String::into_bytes), 1 => noise];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_split_of_any_bytes_gives_the_same_deltas(
        body in body(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        dialect in prop::sample::select(Dialect::ALL.to_vec()),
        cumulative in any::<bool>(),
    ) {
        let request = asked(dialect, cumulative);
        let whole = decode_pieces(&request, std::iter::once(body.as_slice()));
        assert_sound(&whole);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &body[pair[0]..pair[1]]);
        prop_assert_eq!(&decode_pieces(&request, pieces), &whole);
        prop_assert_eq!(&decode_pieces(&request, body.chunks(1)), &whole);
    }
}
