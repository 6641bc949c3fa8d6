//! Why there is no (more of a) reply: one vocabulary for vendors' errors and the network's.
//!
//! The kinds are what a person can act on; [`Failure::what`] and [`Failure::next_step`] say it in
//! plain words. The vendor's own words, code and request id are kept underneath, as they came:
//! whoever shows them passes them through [`super::safe`].

use std::time::Duration;

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
    /// The connection broke in the middle of the reply.
    Cut,
    /// The server answered, but not with a reply (a web page, an empty body).
    NotAReply,
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
            Retry::Soon | Retry::After(_) => true,
            Retry::NotBefore(_) => self.kind == FailureKind::RateLimit,
            Retry::Never => false,
        }
    }

    /// What happened, as one sentence.
    pub fn what(&self) -> &'static str {
        match self.kind {
            FailureKind::NoKey => "There is no API key for this provider.",
            FailureKind::BadKey => "The provider does not accept the API key.",
            FailureKind::PlanKey => {
                "The key is one of a plan, and a plan is served at an address of its own."
            }
            FailureKind::Forbidden => {
                "The key may not do this: the model, the workspace or this machine's address is not allowed."
            }
            FailureKind::Balance => "The account has no balance left.",
            FailureKind::Quota => "The plan's quota is used up.",
            FailureKind::NotInPlan => "The plan of this key does not include this model.",
            FailureKind::RateLimit => "Too many requests in a short time.",
            FailureKind::Overloaded => "The provider is overloaded.",
            FailureKind::Server => "The provider failed to handle the request.",
            FailureKind::UnknownModel => "The provider does not know this model.",
            FailureKind::ContextTooLong => "The conversation is longer than this model takes.",
            FailureKind::ThinkingMode => "This model can't be switched to that thinking mode.",
            FailureKind::InvisibleText => "The text holds too many invisible characters.",
            FailureKind::BadRequest => "The provider refuses the request as it is.",
            FailureKind::ContentFilter => "The provider's safety filter stopped it.",
            FailureKind::Connect => "The server can't be reached.",
            FailureKind::ConnectTimeout => "The server did not pick up in time.",
            FailureKind::Tls => "The server's certificate is not trusted.",
            FailureKind::Proxy => "The proxy did not let the request through.",
            FailureKind::Idle => "The server was silent for too long.",
            FailureKind::Cut => "The connection broke before the reply was complete.",
            FailureKind::NotAReply => "The server answered with something that is no reply.",
            FailureKind::Redirect => {
                "The server points elsewhere; keys are not sent to other hosts."
            }
            FailureKind::PlainHttp => "The key would cross the network unencrypted.",
            FailureKind::TooLarge => "The reply is larger than mmchat accepts.",
            FailureKind::Setup => "The request could not be made.",
        }
    }

    /// What to do now, as one sentence.
    pub fn next_step(&self) -> &'static str {
        match self.kind {
            FailureKind::NoKey => "Keep one with `mmchat key set`, or switch with Ctrl+O.",
            FailureKind::BadKey => {
                "Check that it is complete and of this provider's region: keys of a vendor's China and international sites are not interchangeable."
            }
            FailureKind::PlanKey => {
                "Put the plan's address into base_url, or use a pay-as-you-go key."
            }
            FailureKind::Forbidden => {
                "Activate the model in the provider's console, or switch with Ctrl+O."
            }
            FailureKind::Balance => {
                "Top up the account in the provider's console (a plan's quota needs the plan's own key), or switch provider with Alt+P."
            }
            FailureKind::Quota => {
                "Wait for the reset, upgrade the plan, or switch provider with Alt+P."
            }
            FailureKind::NotInPlan => {
                "Choose a model of the plan with Ctrl+O, or use a pay-as-you-go key."
            }
            FailureKind::RateLimit => "Wait a moment, then press Alt+R.",
            FailureKind::Overloaded | FailureKind::Server => {
                "Press Alt+R to try again, or Alt+Shift+R to ask another model."
            }
            FailureKind::UnknownModel => {
                "Choose another model with Ctrl+O, or check the id in the config."
            }
            FailureKind::ContextTooLong => {
                "Make room with Alt+W, or choose a model with a larger window."
            }
            FailureKind::ThinkingMode => "Change the thinking mode with Alt+T, then press Alt+R.",
            FailureKind::InvisibleText => "Alt+E edits the message: paste it again as plain text.",
            FailureKind::BadRequest => "Check the parameters, then press Alt+R.",
            FailureKind::ContentFilter => "Put it in other words: Alt+E edits the message.",
            FailureKind::Connect => "Check the network and base_url, then press Alt+R.",
            FailureKind::ConnectTimeout => "Check the network and the proxy, then press Alt+R.",
            FailureKind::Tls => {
                "Set network.ca_file if the server uses a private certificate authority."
            }
            FailureKind::Proxy => "Check network.proxy and the proxy's own credentials.",
            FailureKind::Idle => "Press Alt+R, or raise network.idle_timeout_seconds.",
            FailureKind::Cut => "What arrived is kept. Press Alt+R to try again.",
            FailureKind::NotAReply => {
                "Check base_url: it may point at a web page or a captive portal."
            }
            FailureKind::Redirect => "Put the final address into base_url.",
            FailureKind::PlainHttp => "Use https, or set network.allow_plain_http = true.",
            FailureKind::TooLarge => "What arrived is kept. Ask for less at once.",
            FailureKind::Setup => "Check the provider's section in the config.",
        }
    }

    /// What to do now where there are no keys to press: on the command line.
    pub fn next_step_in_shell(&self) -> &'static str {
        match self.kind {
            FailureKind::NoKey => {
                "Set the environment variable, or keep one with `mmchat key set`, or name another model with -m."
            }
            FailureKind::Forbidden => {
                "Activate the model in the provider's console, or name another with -m."
            }
            FailureKind::Balance => {
                "Top up the account in the provider's console (a plan's quota needs the plan's own key), or name another model with -m."
            }
            FailureKind::Quota => {
                "Wait for the reset, upgrade the plan, or name another model with -m."
            }
            FailureKind::NotInPlan => {
                "Name a model of the plan with -m, or use a pay-as-you-go key."
            }
            FailureKind::RateLimit => "Wait a moment and try again.",
            FailureKind::Overloaded | FailureKind::Server => {
                "Try again, or name another model with -m."
            }
            FailureKind::UnknownModel => "`mmchat models` lists what is known; check the id.",
            FailureKind::ContextTooLong => {
                "Shorten the prompt, or name a model with a larger window."
            }
            FailureKind::ThinkingMode => "Leave --thinking out, or name another model with -m.",
            FailureKind::InvisibleText => "Send it as plain text.",
            FailureKind::BadRequest => "Check the parameters.",
            FailureKind::ContentFilter => "Put it in other words.",
            FailureKind::Connect => "Check the network and base_url.",
            FailureKind::ConnectTimeout => "Check the network and the proxy.",
            FailureKind::Idle => "Try again, or raise network.idle_timeout_seconds.",
            FailureKind::Cut => "Try again.",
            FailureKind::BadKey
            | FailureKind::PlanKey
            | FailureKind::Tls
            | FailureKind::Proxy
            | FailureKind::NotAReply
            | FailureKind::Redirect
            | FailureKind::PlainHttp
            | FailureKind::TooLarge
            | FailureKind::Setup => self.next_step(),
        }
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
            facts.push(format!("code {code}"));
        }
        match &self.retry {
            Retry::NotBefore(time) if !words.contains(time.as_str()) => {
                facts.push(format!("not before {time}"));
            }
            Retry::After(wait) => {
                facts.push(format!("asks to wait {} s", wait.as_secs_f64().ceil()));
            }
            Retry::NotBefore(_) | Retry::Soon | Retry::Never => {}
        }
        if let Some(id) = &self.request_id {
            facts.push(format!("request {id}"));
        }
        if !facts.is_empty() {
            if !words.is_empty() {
                words.push(' ');
            }
            words = format!("{words}({})", facts.join(", "));
        }
        words
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
}
