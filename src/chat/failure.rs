//! Why there is no (more of a) reply: one vocabulary for vendors' errors and the network's.
//!
//! The kinds are what a person can act on; [`Failure::what`] and [`Failure::next_step`] say it in
//! plain words. The vendor's own words, code and request id are kept underneath, as they came:
//! whoever shows them passes them through [`super::safe`].

use std::time::Duration;

use crate::phrase::tr;

/// A request that failed, before or in the middle of the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// The server's or the operating system's own words, empty when there are none.
    pub message: String,
    /// The vendor's code, such as `2056` or `Throttling.RateQuota`.
    pub code: Option<String>,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// What to name to the vendor's support.
    pub request_id: Option<String>,
    /// Whether and when trying again makes sense.
    pub retry: Retry,
}

/// Whether and when trying the same request again makes sense.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Retry {
    /// It would fail again.
    #[default]
    Never,
    /// It may work after a pause of our choosing.
    Soon,
    /// As `Soon`, but what fails twice is not tried a third time by itself.
    Once,
    /// It may work after this pause, which the server named.
    After(Duration),
    /// Not before this time, which the vendor named in its own format; never done by itself.
    NotBefore(String),
}

/// What a person can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// No key is set for the provider.
    NoKey,
    /// The key is wrong, or belongs to another region or product.
    BadKey,
    /// The key is one of a plan, which has an address of its own.
    PlanKey,
    /// The key is right but may not do this.
    Forbidden,
    /// The account has no money left, or is overdue.
    Balance,
    /// A plan's or a free tier's quota is used up.
    Quota,
    /// The plan does not include the model, or what serves it was never bought.
    NotInPlan,
    /// Too many requests or tokens in a short time.
    RateLimit,
    /// The provider has too much to do.
    Overloaded,
    /// The provider failed inside.
    Server,
    /// The provider does not know the model.
    UnknownModel,
    /// The conversation is longer than the model takes.
    ContextTooLong,
    /// The model can't be switched to the thinking mode that was asked for.
    ThinkingMode,
    /// The text is full of characters that nobody sees.
    InvisibleText,
    /// The provider refuses a parameter or the shape of the request.
    BadRequest,
    /// The provider's safety filter refused the prompt or the answer.
    ContentFilter,
    /// The host name is unknown, or nothing listens there, or the way there is down.
    Connect,
    /// No connection within the time limit.
    ConnectTimeout,
    /// The server's certificate is not trusted.
    Tls,
    /// The proxy failed or refused.
    Proxy,
    /// The server was silent for longer than the time limit.
    Idle,
    /// The server showed signs of life, but sent no text for longer than the time limit.
    Wordless,
    /// The connection broke in the middle of the reply.
    Cut,
    /// The server answered, but not with a reply (a web page, an empty body).
    NotAReply,
    /// The server compressed its reply, which nobody asked it to.
    Compressed,
    /// The server answers that the thing is elsewhere; keys are not carried to other hosts.
    Redirect,
    /// The key would cross the network in the clear.
    PlainHttp,
    /// The reply is larger than this program accepts.
    TooLarge,
    /// The request could not be made: a bad address, a key that is no header, a key command that failed.
    Setup,
}

impl Failure {
    /// A failure with nothing known but its kind and somebody's words.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            code: None,
            status: None,
            request_id: None,
            retry: kind.usual_retry(),
        }
    }

    /// Tells whether trying again later makes sense: the difference between the exit codes 75 and 1.
    /// A wall with a time on it (a used-up plan) is not retryable; a rate limit is, with a time or
    /// without.
    pub fn is_retryable(&self) -> bool {
        match self.retry {
            Retry::Soon | Retry::Once | Retry::After(_) => true,
            Retry::NotBefore(_) => self.kind == FailureKind::RateLimit,
            Retry::Never => false,
        }
    }

    /// What happened, as one sentence.
    pub fn what(&self) -> &'static str {
        match self.kind {
            FailureKind::NoKey => tr!("There is no API key for this provider."),
            FailureKind::BadKey => tr!("The provider does not accept the API key."),
            FailureKind::PlanKey => {
                tr!("This key belongs to a plan, and plans have an address of their own.")
            }
            FailureKind::Forbidden => {
                tr!(
                    "The key may not do this: the model, the workspace or this machine's address is not allowed."
                )
            }
            FailureKind::Balance => tr!("The account has no balance left."),
            FailureKind::Quota => tr!("The plan's quota is used up."),
            FailureKind::NotInPlan => tr!("The plan of this key does not include this model."),
            FailureKind::RateLimit => tr!("Too many requests in a short time."),
            FailureKind::Overloaded => tr!("The provider is overloaded."),
            FailureKind::Server => tr!("The provider failed to handle the request."),
            FailureKind::UnknownModel => tr!("The provider does not know this model."),
            FailureKind::ContextTooLong => tr!("The conversation is longer than this model takes."),
            FailureKind::ThinkingMode => tr!("This model can't be switched to that thinking mode."),
            FailureKind::InvisibleText => tr!("The text holds too many invisible characters."),
            FailureKind::BadRequest => tr!("The provider refuses the request as it is."),
            FailureKind::ContentFilter => tr!("The provider's safety filter stopped it."),
            FailureKind::Connect => tr!("The server can't be reached."),
            FailureKind::ConnectTimeout => tr!("Connecting to the server took too long."),
            FailureKind::Tls => tr!("The server's certificate is not trusted."),
            FailureKind::Proxy => tr!("The proxy did not let the request through."),
            FailureKind::Idle => tr!("The server was silent for too long."),
            FailureKind::Wordless => {
                tr!("The server showed signs of life, but sent no text for too long.")
            }
            FailureKind::Cut => tr!("The connection broke before the reply was complete."),
            FailureKind::NotAReply => tr!("What the server sent is not a model's reply."),
            FailureKind::Compressed => {
                tr!("The server compressed its reply, though it was asked not to.")
            }
            FailureKind::Redirect => {
                tr!("The server redirects the request; keys are not sent to other hosts.")
            }
            FailureKind::PlainHttp => tr!("The key would cross the network unencrypted."),
            FailureKind::TooLarge => tr!("The reply is larger than mmchat accepts."),
            FailureKind::Setup => tr!("The request could not be made."),
        }
    }

    /// What to do now, as one sentence.
    pub fn next_step(&self) -> &'static str {
        match self.kind {
            _ if self.is_final() => {
                tr!("Trying again would not help; Alt+Shift+R asks another model.")
            }
            FailureKind::NoKey => tr!("Enter one with /key, or switch with Ctrl+O."),
            FailureKind::BadKey => {
                tr!(
                    "Enter another with /key: it must be complete and of this provider's region, since keys of a vendor's China and international sites are not interchangeable."
                )
            }
            FailureKind::PlanKey => {
                tr!("Put the plan's address into base_url, or use a pay-as-you-go key.")
            }
            FailureKind::Forbidden => {
                tr!("Activate the model in the provider's console, or switch with Ctrl+O.")
            }
            FailureKind::Balance => {
                tr!(
                    "Top up the account in the provider's console (a plan's quota needs the plan's own key), or switch provider with Alt+P."
                )
            }
            FailureKind::Quota => {
                tr!("Wait for the reset, upgrade the plan, or switch provider with Alt+P.")
            }
            FailureKind::NotInPlan => {
                tr!("Choose a model of the plan with Ctrl+O, or use a pay-as-you-go key.")
            }
            FailureKind::RateLimit => tr!("Wait a moment, then press Alt+R."),
            FailureKind::Overloaded | FailureKind::Server => {
                tr!("Press Alt+R to try again, or Alt+Shift+R to ask another model.")
            }
            FailureKind::UnknownModel => {
                tr!("Choose another model with Ctrl+O, or check the id in the config.")
            }
            FailureKind::ContextTooLong => {
                tr!("Make room with Alt+W, or choose a model with a larger window.")
            }
            FailureKind::ThinkingMode => {
                tr!("Change the thinking mode with Alt+T, then press Alt+R.")
            }
            FailureKind::InvisibleText => {
                tr!("Alt+E edits the message: paste it again as plain text.")
            }
            FailureKind::BadRequest => tr!("Check the parameters, then press Alt+R."),
            FailureKind::ContentFilter => tr!("Put it in other words: Alt+E edits the message."),
            FailureKind::Connect => tr!("Check the network and base_url, then press Alt+R."),
            FailureKind::ConnectTimeout => {
                tr!("Check the network and the proxy, then press Alt+R.")
            }
            FailureKind::Tls => {
                tr!(
                    "Check base_url and this machine's clock; for a private certificate authority, set network.ca_file."
                )
            }
            FailureKind::Proxy => tr!("Check network.proxy and the proxy's own credentials."),
            FailureKind::Idle => tr!("Press Alt+R, or raise network.idle_timeout_seconds."),
            FailureKind::Wordless => tr!("Press Alt+R, or raise network.text_timeout_seconds."),
            FailureKind::Cut => tr!("What arrived is kept. Press Alt+R to try again."),
            FailureKind::NotAReply => {
                tr!("Check base_url: it may point at a web page or a captive portal.")
            }
            FailureKind::Compressed => {
                tr!(
                    "The server has to heed `Accept-Encoding: identity`; if it is not yours, use another base_url."
                )
            }
            FailureKind::Redirect => tr!("Put the final address into base_url."),
            FailureKind::PlainHttp => tr!("Use https, or set network.allow_plain_http = true."),
            FailureKind::TooLarge => tr!("What arrived is kept. Ask for less at once."),
            FailureKind::Setup => tr!("Check the provider's section in the config."),
        }
    }

    /// What to do now where there are no keys to press: on the command line.
    pub fn next_step_in_shell(&self) -> &'static str {
        match self.kind {
            _ if self.is_final() => {
                tr!("Trying again would not help; name another model with -m.")
            }
            FailureKind::BadKey => {
                tr!(
                    "Keep another with `mmchat key set`: it must be complete and of this provider's region, since keys of a vendor's China and international sites are not interchangeable."
                )
            }
            FailureKind::NoKey => {
                tr!(
                    "Set the environment variable, or keep one with `mmchat key set`, or name another model with -m."
                )
            }
            FailureKind::Forbidden => {
                tr!("Activate the model in the provider's console, or name another with -m.")
            }
            FailureKind::Balance => {
                tr!(
                    "Top up the account in the provider's console (a plan's quota needs the plan's own key), or name another model with -m."
                )
            }
            FailureKind::Quota => {
                tr!("Wait for the reset, upgrade the plan, or name another model with -m.")
            }
            FailureKind::NotInPlan => {
                tr!("Name a model of the plan with -m, or use a pay-as-you-go key.")
            }
            FailureKind::RateLimit => tr!("Wait a moment and try again."),
            FailureKind::Overloaded | FailureKind::Server => {
                tr!("Try again, or name another model with -m.")
            }
            FailureKind::UnknownModel => tr!("`mmchat models` lists what is known; check the id."),
            FailureKind::ContextTooLong => {
                tr!("Shorten the prompt, or name a model with a larger window.")
            }
            FailureKind::ThinkingMode => {
                tr!("Leave --thinking out, or name another model with -m.")
            }
            FailureKind::InvisibleText => tr!("Send it as plain text."),
            FailureKind::BadRequest => tr!("Check the parameters."),
            FailureKind::ContentFilter => tr!("Put it in other words."),
            FailureKind::Connect => tr!("Check the network and base_url."),
            FailureKind::ConnectTimeout => tr!("Check the network and the proxy."),
            FailureKind::Idle => tr!("Try again, or raise network.idle_timeout_seconds."),
            FailureKind::Wordless => tr!("Try again, or raise network.text_timeout_seconds."),
            FailureKind::Cut => tr!("Try again."),
            FailureKind::PlanKey
            | FailureKind::Tls
            | FailureKind::Proxy
            | FailureKind::NotAReply
            | FailureKind::Compressed
            | FailureKind::Redirect
            | FailureKind::PlainHttp
            | FailureKind::TooLarge
            | FailureKind::Setup => self.next_step(),
        }
    }

    /// Tells whether a server that is usually tried again says that this would not help.
    fn is_final(&self) -> bool {
        use FailureKind::{Overloaded, RateLimit, Server};
        self.retry == Retry::Never && matches!(self.kind, Overloaded | RateLimit | Server)
    }

    /// The vendor's own words on one line, with code, status and request id: never empty unless
    /// nothing is known. Not yet safe to show.
    pub fn vendor_words(&self) -> String {
        let mut words = self.message.trim().to_owned();
        let mut facts = Vec::new();
        if let Some(status) = self.status {
            facts.push(format!("HTTP {status}"));
        }
        if let Some(code) = self.code.as_deref().filter(|code| !words.contains(code)) {
            facts.push(tr!("code {code}", code));
        }
        match &self.retry {
            Retry::NotBefore(time) if !words.contains(time.as_str()) => {
                facts.push(tr!("not before {time}", time));
            }
            Retry::After(wait) => {
                facts.push(tr!(
                    "asks to wait {seconds} s",
                    seconds = wait.as_secs_f64().ceil()
                ));
            }
            Retry::NotBefore(_) | Retry::Soon | Retry::Once | Retry::Never => {}
        }
        if let Some(id) = &self.request_id {
            facts.push(tr!("request {id}", id));
        }
        if !facts.is_empty() {
            words += &tr!(" ({numbers})", numbers = facts.join(tr!(", ")));
        }
        words.trim_start().to_owned()
    }
}

impl FailureKind {
    /// Whether failures of this kind usually pass by themselves.
    pub fn usual_retry(self) -> Retry {
        match self {
            Self::RateLimit
            | Self::Overloaded
            | Self::Server
            | Self::Connect
            | Self::ConnectTimeout
            | Self::Idle
            | Self::Wordless
            | Self::Cut => Retry::Soon,
            Self::NoKey
            | Self::BadKey
            | Self::PlanKey
            | Self::Forbidden
            | Self::Balance
            | Self::Quota
            | Self::NotInPlan
            | Self::UnknownModel
            | Self::ContextTooLong
            | Self::ThinkingMode
            | Self::InvisibleText
            | Self::BadRequest
            | Self::ContentFilter
            | Self::Tls
            | Self::Proxy
            | Self::NotAReply
            | Self::Compressed
            | Self::Redirect
            | Self::PlainHttp
            | Self::TooLarge
            | Self::Setup => Retry::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_words_name_each_fact_once() {
        let failure = Failure {
            code: Some("2056".to_owned()),
            status: Some(429),
            request_id: Some("r1".to_owned()),
            retry: Retry::NotBefore("2026-06-04T15:00:00+08:00".to_owned()),
            ..Failure::new(FailureKind::Quota, "limit reached (2056) ")
        };
        assert_eq!(
            failure.vendor_words(),
            "limit reached (2056) (HTTP 429, not before 2026-06-04T15:00:00+08:00, request r1)"
        );
        assert!(!failure.is_retryable());
    }

    #[test]
    fn nobody_is_told_to_try_again_what_the_server_calls_final() {
        let mut failure = Failure::new(FailureKind::Overloaded, "");
        assert!(failure.next_step_in_shell().starts_with("Try again"));
        failure.retry = Retry::Never;
        for step in [failure.next_step(), failure.next_step_in_shell()] {
            assert!(step.starts_with("Trying again would not help"), "{step}");
        }
        let wordless = Failure::new(FailureKind::Wordless, "");
        assert!(wordless.next_step().contains("text_timeout_seconds"));
    }
}
