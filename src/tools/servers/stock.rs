//! What a server has besides tools: its prompts and resources, listed and fetched within limits.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{
    ContentBlock, GetPromptRequestParams, PaginatedRequestParams, PromptMessage,
    ReadResourceRequestParams, ResourceContents, Role,
};
use serde_json::Value;
use tokio::time::timeout;

use super::bounded;
use super::fault;
use super::link::{Link, MOST_PAGES};
use crate::app::attached::Found;
use crate::app::server::stock::{Argument, Prompt, Prompted, Resource, Stock};
use crate::chat::{Attachment, safe};
use crate::phrase::tr;

/// How long a server may take to list each kind of what it has: calls of its tools wait meanwhile.
pub(super) const LISTING: Duration = Duration::from_secs(5);
/// How many prompts and how many resources are taken.
const MOST_PROMPTS: usize = 128;
const MOST_RESOURCES: usize = 1_000;
/// How much is taken of what a server says of each.
const MOST_NAME_BYTES: usize = 256;
const MOST_URI_BYTES: usize = 2 * 1024;
const MOST_DESCRIPTION_BYTES: usize = 1024;
const MOST_ARGUMENTS: usize = 32;
/// How much of a prompt's text is taken: the message box, which shows all of it, wraps it anew at
/// every key.
const MOST_PROMPT_BYTES: usize = 32 * 1024;
/// How many parts of a resource, or of a prompt, are taken.
const MOST_PARTS: usize = 50;

/// A page of a list, and where the next one is.
type Page<T> = Result<(Vec<T>, Option<String>), String>;

impl Link {
    /// Asks what it has besides tools. What can't be told in time is missing, and said to be.
    pub(super) async fn stock(&mut self) -> Stock {
        let peer = self.peer();
        let (has_prompts, has_resources) = match peer.peer_info() {
            Some(info) => {
                let has = &info.capabilities;
                (has.prompts.is_some(), has.resources.is_some())
            }
            None => (true, true),
        };
        let prompts = |cursor| {
            let peer = peer.clone();
            async move {
                let page = peer.list_prompts(Some(page(cursor))).await;
                let page = page.map_err(|error| fault::of_request(tr!("the list"), &error))?;
                let prompts = page.prompts.into_iter().filter_map(prompt);
                Ok((prompts.collect(), page.next_cursor))
            }
        };
        let resources = |cursor| {
            let peer = peer.clone();
            async move {
                let page = peer.list_resources(Some(page(cursor))).await;
                let page = page.map_err(|error| fault::of_request(tr!("the list"), &error))?;
                let resources = page.resources.into_iter().filter_map(resource);
                Ok((resources.collect(), page.next_cursor))
            }
        };
        let listing = async {
            let mut stock = Stock::default();
            if has_prompts {
                let why = listed(&mut stock.prompts, MOST_PROMPTS, prompts).await;
                stock
                    .troubles
                    .extend(why.map(|why| tr!("its prompts: {why}", why)));
            }
            if has_resources {
                let why = listed(&mut stock.resources, MOST_RESOURCES, resources).await;
                stock
                    .troubles
                    .extend(why.map(|why| tr!("its resources: {why}", why)));
            }
            stock
        };
        self.beside(Box::pin(listing)).await
    }

    /// Has a prompt written out.
    pub(super) async fn prompt(
        &mut self,
        name: String,
        arguments: Vec<(String, String)>,
    ) -> Result<Prompted, String> {
        let arguments = arguments
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)));
        let asked = tr!("the prompt {name}", name = safe::one_line(&name));
        let wanted = GetPromptRequestParams::new(name).with_arguments(arguments.collect());
        let peer = self.peer();
        let written = self.beside(Box::pin(peer.get_prompt(wanted))).await;
        let written = written.map_err(|error| self.refused(&asked, &error))?;
        Ok(prompted(written.messages))
    }

    /// Fetches a resource.
    pub(super) async fn read(&mut self, uri: String) -> Result<Found, String> {
        let peer = self.peer();
        let wanted = ReadResourceRequestParams::new(uri.clone());
        let read = self.beside(Box::pin(peer.read_resource(wanted))).await;
        let read = read.map_err(|error| {
            let asked = tr!("the resource {uri}", uri = safe::one_line(&uri));
            self.refused(&asked, &error)
        })?;
        let (mut attached, mut refused) = (Vec::new(), Vec::new());
        if read.contents.len() > MOST_PARTS {
            let count = MOST_PARTS;
            refused.push(tr!("only its first {count} parts are taken", count));
        }
        for part in read.contents.into_iter().take(MOST_PARTS) {
            match attachment(part) {
                Ok(part) => attached.push(part),
                Err(why) => refused.push(why),
            }
        }
        if attached.is_empty() && refused.is_empty() {
            return Err(tr!("{uri} is empty", uri = safe::one_line(&uri)));
        }
        Ok(Found::Read(attached, refused))
    }
}

fn page(cursor: Option<String>) -> PaginatedRequestParams {
    PaginatedRequestParams::default().with_cursor(cursor)
}

/// Puts a list's pages together, up to where there is enough of it. Returns why it is not whole.
async fn listed<T, F: Future<Output = Page<T>>>(
    list: &mut Vec<T>,
    most: usize,
    next: impl Fn(Option<String>) -> F,
) -> Option<String> {
    let pages = async {
        let mut cursor = None;
        for _ in 0..MOST_PAGES {
            let (more, rest) = next(cursor).await?;
            list.extend(more);
            cursor = rest;
            if cursor.is_none() || list.len() > most {
                break;
            }
        }
        Ok(cursor.is_some())
    };
    let all = match timeout(LISTING, pages).await {
        Ok(all) => all,
        Err(_elapsed) => {
            let seconds = LISTING.as_secs();
            Err(tr!("they were not listed within {seconds} s", seconds))
        }
    };
    let goes_on = list.len() > most;
    list.truncate(most);
    match all {
        Ok(false) if !goes_on => None,
        Ok(_) => Some(tr!("only the first {count} are taken", count = list.len())),
        Err(why) => Some(why),
    }
}

fn prompt(prompt: rmcp::model::Prompt) -> Option<Prompt> {
    let arguments = prompt.arguments.unwrap_or_default();
    let fits = |name: &str| !name.trim().is_empty() && name.len() <= MOST_NAME_BYTES;
    let all_fit = arguments.iter().all(|argument| fits(&argument.name));
    if !fits(&prompt.name) || !all_fit || arguments.len() > MOST_ARGUMENTS {
        return None;
    }
    let description = prompt.description.or(prompt.title).unwrap_or_default();
    Some(Prompt {
        name: prompt.name,
        description: bounded(description, MOST_DESCRIPTION_BYTES),
        arguments: arguments
            .into_iter()
            .map(|argument| Argument {
                name: argument.name,
                required: argument.required == Some(true),
            })
            .collect(),
    })
}

fn resource(resource: rmcp::model::Resource) -> Option<Resource> {
    let uri = &resource.uri;
    if uri.trim().is_empty() || uri.len() > MOST_URI_BYTES || uri.contains(char::is_control) {
        return None;
    }
    Some(Resource {
        uri: resource.uri,
        name: bounded(resource.title.unwrap_or(resource.name), MOST_NAME_BYTES),
        bytes: resource.size,
    })
}

/// What a prompt's messages come to: what the user says is text, what is shown beside it goes along,
/// and what a model is to have said is left out, since nobody has.
fn prompted(messages: Vec<PromptMessage>) -> Prompted {
    let (mut texts, mut prompted) = (Vec::new(), Prompted::default());
    let mut of_model = 0;
    for message in messages {
        if message.role != Role::User {
            of_model += 1;
            continue;
        }
        let part = match message.content {
            ContentBlock::Text(text) => {
                texts.push(text.text);
                continue;
            }
            _ if prompted.attached.len() == MOST_PARTS => Err(tr!("what is too much").to_owned()),
            ContentBlock::Image(image) => image_of(&image.data, &image.mime_type),
            ContentBlock::Resource(embedded) => attachment(embedded.resource),
            ContentBlock::Audio(audio) => Err(tr!("sound ({kind})", kind = audio.mime_type)),
            ContentBlock::ResourceLink(link) => Err(tr!("a link to {uri}", uri = link.uri)),
            _ => Err(tr!("something unknown").to_owned()),
        };
        match part {
            Ok(part) => prompted.attached.push(part),
            Err(what) => prompted.left_out.push(what),
        }
    }
    let text = texts.join("\n\n");
    let all = text.len();
    prompted.text = bounded(text, MOST_PROMPT_BYTES);
    if all > MOST_PROMPT_BYTES {
        let (most, all) = (MOST_PROMPT_BYTES / 1024, all.div_ceil(1024));
        prompted
            .left_out
            .push(tr!("all but {most} of {all} KiB", most, all));
    }
    match of_model {
        0 => {}
        1 => prompted
            .left_out
            .push(tr!("an answer that was to go before").to_owned()),
        count => prompted
            .left_out
            .push(tr!("{count} answers that were to go before", count)),
    }
    prompted
}

/// A part of a resource, as something that goes along.
///
/// # Errors
/// A sentence that says why it can't.
fn attachment(part: ResourceContents) -> Result<Attachment, String> {
    let (uri, bytes) = match part {
        ResourceContents::TextResourceContents { uri, text, .. } => (uri, Ok(text.into_bytes())),
        ResourceContents::BlobResourceContents { uri, blob, .. } => (uri, decoded(&blob)),
        _ => return Err(tr!("a part of it is of an unknown kind").to_owned()),
    };
    let name = name_of(&uri);
    let read = bytes.and_then(|bytes| Attachment::read(name, bytes));
    read.map_err(|why| format!("{} {why}", safe::one_line(name)))
}

fn image_of(data: &str, mime_type: &str) -> Result<Attachment, String> {
    let kind = mime_type.strip_prefix("image/").unwrap_or(mime_type);
    let name = format!("image.{kind}");
    let read = decoded(data).and_then(|bytes| Attachment::read(&name, bytes));
    read.map_err(|why| format!("{} {why}", safe::one_line(&name)))
}

fn decoded(base64: &str) -> Result<Vec<u8>, String> {
    let decoded = STANDARD.decode(base64);
    decoded.map_err(|_odd| tr!("is damaged: it is no Base64").to_owned())
}

/// What a resource is called beside a message: a file by its name, anything else by its address.
fn name_of(uri: &str) -> &str {
    let path = uri.strip_prefix("file://");
    let file = path.and_then(|path| path.rsplit('/').next());
    file.filter(|name| !name.is_empty()).unwrap_or(uri)
}
