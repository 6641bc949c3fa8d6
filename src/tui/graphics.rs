//! Pictures for terminals that draw them, in kitty's graphics protocol
//! (sw.kovidgoyal.net/kitty/graphics-protocol). The terminal is told to answer nothing.

use std::io::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::ui::Drawing;

/// The most bytes of pixels in a command: 4096 when they are written as Base64, as the protocol has it.
const CHUNK_BYTES: usize = 3_072;

/// The bytes that tell a terminal so.
pub(super) fn bytes(drawings: &[Drawing]) -> Vec<u8> {
    let mut out = Vec::new();
    for drawing in drawings {
        // Writing to a vector can't fail.
        drop(match drawing {
            Drawing::Pixels { id, size, pixels } => {
                send(*id, *size, pixels.as_flattened(), &mut out);
                Ok(())
            }
            Drawing::Cells { id, cols, rows } => {
                write!(out, "\x1b_Ga=p,U=1,i={id},c={cols},r={rows},q=2\x1b\\")
            }
            Drawing::Gone { id } => write!(out, "\x1b_Ga=d,d=I,i={id},q=2\x1b\\"),
        });
    }
    out
}

fn send(id: u32, (width, height): (u32, u32), pixels: &[u8], out: &mut Vec<u8>) {
    let last = pixels.len().div_ceil(CHUNK_BYTES).saturating_sub(1);
    for (at, chunk) in pixels.chunks(CHUNK_BYTES).enumerate() {
        let more = u8::from(at < last);
        let data = STANDARD.encode(chunk);
        // Writing to a vector can't fail.
        drop(match at {
            0 => write!(
                out,
                "\x1b_Ga=t,f=32,s={width},v={height},i={id},q=2,m={more};{data}\x1b\\"
            ),
            _ => write!(out, "\x1b_Gq=2,m={more};{data}\x1b\\"),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_sent_in_pieces_then_placed_then_taken_back() {
        let pixels = vec![[1, 2, 3, 255]; 1_000].into_boxed_slice();
        let size = (50, 20);
        let told = bytes(&[
            Drawing::Pixels {
                id: 9,
                size,
                pixels: pixels.clone(),
            },
            Drawing::Cells {
                id: 9,
                cols: 5,
                rows: 2,
            },
            Drawing::Gone { id: 9 },
        ]);
        let told = String::from_utf8(told).unwrap();
        let commands: Vec<&str> = told.split_terminator("\x1b\\").collect();
        let [first, second, placed, gone] = commands[..] else {
            panic!("{commands:?}");
        };
        let first = first.strip_prefix("\x1b_Ga=t,f=32,s=50,v=20,i=9,q=2,m=1;");
        let second = second.strip_prefix("\x1b_Gq=2,m=0;");
        let sent = [first.unwrap(), second.unwrap()].map(|data| STANDARD.decode(data).unwrap());
        assert_eq!(sent.concat(), pixels.as_flattened());
        assert_eq!(placed, "\x1b_Ga=p,U=1,i=9,c=5,r=2,q=2");
        assert_eq!(gone, "\x1b_Ga=d,d=I,i=9,q=2");
    }
}
