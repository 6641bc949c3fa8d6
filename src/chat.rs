//! What a conversation is. Pure data: knows nothing of wires, screens, disks or clocks.
//!
//! Owns the vocabulary that every other layer speaks: [`Delta`] (one step of a reply),
//! [`Failure`] (why there is no more of it), [`Reply`] (all of it so far), [`Turn`] and
//! [`Conversation`] (what was said), [`Message`] (what is sent) and [`safe`] (what may be shown).

mod attachment;
mod call;
mod conversation;
mod delta;
mod estimate;
mod failure;
mod id;
mod image;
mod json;
mod message;
mod moment;
mod params;
mod reply;
pub mod safe;
mod source;
mod timing;
mod title;
mod turn;
mod usage;

pub use attachment::{
    Attachment, Content, MOST_ATTACHED_BYTES, MOST_TEXT_BYTES, short_bytes, with_texts,
};
pub use call::{CallId, CallState, Outcome, ToolCall};
pub use conversation::{Branch, Conversation};
pub use delta::{Delta, Finish, Part, Progress, Remark, ToolDelta};
pub use estimate::{Estimate, Extent, Rates, estimate_tokens, tokens_as_f64, whole_tokens};
pub use failure::{Failure, FailureKind, Retry};
pub use id::{ConversationId, Ids, NoSuchId, earliest_of};
pub use image::{Image, ImageKind, MOST_IMAGE_BYTES};
pub use json::{JsonFault, JsonView};
pub use message::{Message, without_images};
pub use moment::{Moment, Now};
pub use params::{Extras, Params, Thinking};
pub use reply::{Ending, Reply, Round, Text};
pub use source::{Source, references};
pub use timing::Timing;
pub use title::title_from;
pub use turn::{Asked, Standing, Turn, TurnId, TurnState};
pub use usage::{Usage, short_count};
