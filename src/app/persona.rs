//! Whom conversations speak as: personas, and the system prompt by itself.

use std::time::Instant;

use super::overlay::{Choice, Overlay};
use super::picker::{Item, Picker};
use super::{App, Begin, Tone};
use crate::catalog::nearest::{did_you_mean, either};
use crate::chat::{Params, safe};
use crate::config::{Config, NO_PERSONA, Persona};
use crate::phrase::tr;

/// The persona of that name.
///
/// # Errors
/// A sentence with the names that there are, when this is none of them.
pub fn find<'a>(config: &'a Config, name: &str) -> Result<&'a Persona, String> {
    let all = &config.personas;
    if let Some(persona) = all.iter().find(|persona| persona.name == name) {
        return Ok(persona);
    }
    let names: Vec<&str> = all.iter().map(|persona| persona.name.as_str()).collect();
    if names.is_empty() {
        return Err(none_there().to_owned());
    }
    let near = did_you_mean(name, names.iter().copied());
    let all = either(&names);
    Err(tr!(
        "There is no persona “{name}”.{near} There are {all}",
        name,
        near,
        all
    ))
}

fn none_there() -> &'static str {
    tr!("There are no personas; [personas.NAME] in the configuration makes one")
}

impl App {
    /// Opens the list of personas.
    pub(super) fn open_personas(&mut self, now: Instant) {
        if self.config.personas.is_empty() {
            self.notify(Tone::Info, none_there(), now);
            return;
        }
        let none = Item {
            title: NO_PERSONA.to_owned(),
            words: String::new(),
            right: tr!("as in [chat]").to_owned(),
            about: safe::one_line(&self.config.chat.system_prompt),
            dim: true,
            value: NO_PERSONA.to_owned(),
        };
        let chat = &self.config.chat;
        let personas = self.config.personas.iter().map(|persona| Item {
            title: persona.name.clone(),
            words: String::new(),
            right: persona.model.clone().unwrap_or_default(),
            about: safe::one_line(persona.prompt(&chat.system_prompt)),
            dim: false,
            value: persona.name.clone(),
        });
        let items: Vec<_> = personas.chain([none]).collect();
        let worn = &self.keeping.head.persona;
        let at = items.iter().position(|item| item.value == *worn);
        self.overlay = Some(Overlay::Personas(Picker::new(items, at.unwrap_or(0))));
    }

    /// Has this conversation, and those that follow, speak as a persona; `none` takes it off.
    pub(super) fn switch_persona(&mut self, name: &str, now: Instant) {
        if name == NO_PERSONA {
            self.take_persona_off(now);
            return;
        }
        let persona = match find(&self.config, name) {
            Ok(persona) => persona.clone(),
            Err(unknown) => {
                self.notify(Tone::Error, unknown, now);
                return;
            }
        };
        let before = self.session.clone();
        let chat = &self.config.chat;
        self.session.params = persona.params.or(chat.params);
        self.session.thinking = persona.thinking.unwrap_or(chat.thinking);
        self.session.thinking_without_json = None;
        let model = persona.model.as_deref();
        let model = model.and_then(|model| self.catalog.find(model).ok());
        self.notice = None;
        if let Some((provider, model)) = model {
            self.switch_to(Choice { provider, model }, now);
        }
        self.heed_json_mode();
        if let Some(refusal) = self.refusal() {
            self.session = before;
            let text = tr!("The persona {name} can't be used: {refusal}", name, refusal);
            self.notify(Tone::Error, text, now);
            return;
        }
        let prompt = persona.prompt(&self.config.chat.system_prompt).to_owned();
        self.begin_with(persona.name, prompt);
        // That a key is missing, or that a model is to be used with care, matters more.
        if self
            .notice
            .take_if(|notice| notice.tone == Tone::Info)
            .is_some()
            || self.notice.is_none()
        {
            let text = tr!(
                "Persona {name} from the next message on: {model}, thinking {mode}",
                name,
                model = self.session.choice,
                mode = self.thinking_word()
            );
            let params = self.session.params_if_set();
            let text = if params.is_empty() {
                text
            } else {
                format!("{text}, {params}")
            };
            self.notify(Tone::Info, text, now);
        }
    }

    fn take_persona_off(&mut self, now: Instant) {
        let chat = &self.config.chat;
        let worn = self.keeping.head.persona.as_str();
        // What it did not set was not its own, and stays.
        if let Some(persona) = self.config.personas.iter().find(|it| it.name == worn) {
            if persona.params != Params::default() {
                self.session.params = chat.params;
            }
            if persona.thinking.is_some() {
                self.session.thinking = chat.thinking;
                self.session.thinking_without_json = None;
            }
        }
        let prompt = chat.system_prompt.clone();
        self.heed_json_mode();
        self.begin_with(String::new(), prompt);
        let text = tr!(
            "No persona from the next message on; the model stays {model}",
            model = self.session.choice
        );
        self.notify(Tone::Info, text, now);
    }

    /// Gives this conversation and those that begin later a persona's prompt.
    fn begin_with(&mut self, persona: String, prompt: String) {
        self.keeping.start.begin = Some(Begin { persona, prompt });
        self.begin_as_asked();
    }

    /// Has this conversation be as new ones are, if that was said otherwise than in `[chat]`.
    pub(super) fn begin_as_asked(&mut self) {
        let Some(begin) = &self.keeping.start.begin else {
            return;
        };
        self.keeping.head.persona.clone_from(&begin.persona);
        self.conversation.system_prompt.clone_from(&begin.prompt);
        self.keep_head();
    }

    /// Puts the system prompt into the message box, as the command that sets it.
    pub(super) fn edit_system_prompt(&mut self, now: Instant) {
        let prompt = self.conversation.system_prompt.trim();
        let text = if prompt.is_empty() {
            tr!("There is no system prompt; Enter sets the one that you write")
        } else {
            tr!("This is the system prompt: change it and press Enter, /system - takes it off")
        };
        let line = format!("/system {prompt}");
        self.offer_message(&line);
        self.notify(Tone::Info, text, now);
    }

    /// Sets the system prompt of this conversation; it is no persona's any more.
    pub(super) fn set_system_prompt(&mut self, prompt: String, now: Instant) {
        let said = if prompt.is_empty() {
            tr!("No system prompt from the next message on")
        } else {
            tr!("The system prompt is set from the next message on")
        };
        self.notify(Tone::Info, said, now);
        if self.conversation.system_prompt != prompt {
            self.keeping.head.persona.clear();
        }
        self.conversation.system_prompt = prompt;
        self.keep_head();
    }
}
