//! A tool call: what the model asked for, and what became of it.

use std::time::Duration;

use super::TurnId;

/// Names a call for as long as the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId {
    /// The turn that it belongs to.
    pub turn: TurnId,
    /// Which of the turn's calls it is.
    pub index: usize,
}

/// A tool that the model asked to run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// The provider's id of the call; the result must name it.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments as the model wrote them: JSON text, perhaps cut or wrong.
    pub arguments: String,
    /// The arguments that the user put in their place; `None` = the model's stand.
    pub edited: Option<String>,
    /// What became of it.
    pub state: CallState,
    /// How much of the answer was said before it, in bytes. What others saved may say anything.
    pub after_bytes: usize,
}

/// What became of a tool call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CallState {
    /// It came with the reply; nothing was done about it.
    #[default]
    Asked,
    /// It is shown, and the user's consent is awaited.
    Waiting,
    /// It may run as soon as those before it are over.
    Approved,
    /// It runs.
    Running,
    /// It ran.
    Done(Outcome),
    /// It ran and failed, or could not be run.
    Failed(Outcome),
    /// It was not run, and why: a sentence for the model.
    Refused(String),
}

/// What running a tool came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The result, or what went wrong.
    pub text: String,
    /// How long it took.
    pub took: Duration,
}

impl ToolCall {
    /// Tells whether nothing more will become of it.
    pub fn is_over(&self) -> bool {
        match self.state {
            CallState::Done(_) | CallState::Failed(_) | CallState::Refused(_) => true,
            CallState::Asked | CallState::Waiting | CallState::Approved | CallState::Running => {
                false
            }
        }
    }

    /// The arguments that count: the user's, else the model's.
    pub fn effective_arguments(&self) -> &str {
        self.edited.as_deref().unwrap_or(&self.arguments)
    }

    /// What the model is told of it.
    pub fn result(&self) -> String {
        let text = match &self.state {
            CallState::Done(outcome) => outcome.text.clone(),
            CallState::Failed(outcome) => format!("Error: {}", outcome.text),
            CallState::Refused(why) => format!("Not run: {why}"),
            CallState::Asked | CallState::Waiting | CallState::Approved | CallState::Running => {
                "Not run: the user stopped the reply.".to_owned()
            }
        };
        match &self.edited {
            // The model must not take the result for that of its own arguments.
            Some(edited) if matches!(self.state, CallState::Done(_) | CallState::Failed(_)) => {
                format!("(The user changed the arguments to {edited})\n{text}")
            }
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_told_whose_arguments_a_result_belongs_to() {
        let mut call = ToolCall {
            arguments: r#"{"city":"Paris"}"#.to_owned(),
            state: CallState::Done(Outcome {
                text: "sunny".to_owned(),
                took: Duration::ZERO,
            }),
            ..ToolCall::default()
        };
        assert_eq!(call.result(), "sunny");
        call.edited = Some(r#"{"city":"Rome"}"#.to_owned());
        let told = call.result();
        assert!(told.contains("Rome") && told.ends_with("sunny"), "{told}");
    }
}
