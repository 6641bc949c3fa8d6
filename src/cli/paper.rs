//! What packagers and shells take: completions and the manual, made from the command line's own
//! definition.

use std::io::{self, Write};

use clap::Command;
use clap::builder::PossibleValuesParser;

use super::args::{Options, Shell};
use super::{Exit, Trouble, settings};
use crate::config::Config;
use crate::phrase::tr;

/// Prints the completions of a shell, with the names of providers and models in force.
pub(super) fn completions(options: &Options, shell: Shell) -> Result<Exit, Trouble> {
    // A broken configuration must not keep a shell from starting.
    let config =
        settings::load(options).map_or_else(|_broken| Config::default(), |(config, _)| config);
    let names = Names::of(&config);
    let mut line = names.offered_by(super::command_line());
    let script = match shell {
        Shell::Bash => script(clap_complete::Shell::Bash, &mut line),
        Shell::Zsh => script(clap_complete::Shell::Zsh, &mut line),
        Shell::Fish => {
            let script = script(clap_complete::Shell::Fish, &mut line);
            names.offered_in_fish(&script)
        }
        Shell::Powershell => {
            let script = script(clap_complete::Shell::PowerShell, &mut line);
            names.offered_in_powershell(&script)
        }
        Shell::Nushell => script(clap_complete_nushell::Nushell, &mut line),
    };
    let mut out = io::stdout().lock();
    out.write_all(script.as_bytes())?;
    out.flush()?;
    Ok(Exit::Success)
}

fn script(shell: impl clap_complete::Generator, line: &mut Command) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, line, "mmchat", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// What `-m` and `PROVIDER` may be. Only for completions: any other model can be asked all the same.
struct Names {
    models: Vec<String>,
    personas: Vec<String>,
    providers: Vec<String>,
}

/// The line of clap's script for PowerShell behind which the words of the command line are known.
const POWERSHELL_WORDS: &str = "    $commandElements = $commandAst.CommandElements\n";

impl Names {
    fn of(config: &Config) -> Self {
        let catalog = config.catalog();
        let plain = |name: &String| name.chars().all(|c| c.is_ascii_graphic() && c != '\'');
        let models = catalog.providers.iter().flat_map(|provider| {
            let full = |model: &crate::catalog::Model| format!("{}/{}", provider.id, model.id);
            provider.models.iter().map(full)
        });
        let providers = catalog.providers.iter().map(|provider| provider.id.clone());
        Self {
            models: models.filter(plain).collect(),
            personas: config
                .personas
                .iter()
                .map(|persona| persona.name.clone())
                .filter(plain)
                .collect(),
            providers: providers.filter(plain).collect(),
        }
    }

    /// The command line with these names as the values that clap's scripts offer.
    fn offered_by(&self, line: Command) -> Command {
        line.mut_arg("model", |arg| {
            arg.value_parser(PossibleValuesParser::new(self.models.clone()))
        })
        .mut_arg("persona", |arg| match self.personas.as_slice() {
            [] => arg,
            names => arg.value_parser(PossibleValuesParser::new(names.to_vec())),
        })
        .mut_subcommand("key", |key| {
            let names = || PossibleValuesParser::new(self.providers.clone());
            ["set", "list", "delete"]
                .into_iter()
                .fold(key, |key, deed| {
                    key.mut_subcommand(deed, |deed| {
                        deed.mut_arg("provider", |arg| arg.value_parser(names()))
                    })
                })
        })
    }

    /// clap's script for fish with what it lacks: the values of an option before any command, and those
    /// of arguments that are no options.
    fn offered_in_fish(&self, script: &str) -> String {
        let offer = |which: &str, names: &[String]| match names {
            [] => String::new(),
            names => format!("complete -c mmchat {which} -f -a \"{}\"\n", names.join(" ")),
        };
        let of_key = "-n \"__fish_mmchat_using_subcommand key; and __fish_seen_subcommand_from set list delete\"";
        let mut script = script.to_owned();
        script += &offer("-s m -l model -r", &self.models);
        script += &offer("-l persona -r", &self.personas);
        script += &offer(of_key, &self.providers);
        script
    }

    /// clap's script for PowerShell, which knows no values, with these names put in.
    fn offered_in_powershell(&self, script: &str) -> String {
        let list = |names: &[String]| match names {
            [] => "@()".to_owned(),
            names => format!("@('{}')", names.join("', '")),
        };
        let (models, providers) = (list(&self.models), list(&self.providers));
        let personas = list(&self.personas);
        let choice = format!(
            r#"    $before = @($commandElements | Where-Object {{ $_.Extent.EndOffset -lt $cursorPosition }} | ForEach-Object {{ $_.Extent.Text }})
    $names = @()
    if ($before[-1] -cin '-m', '--model') {{
        $names = {models}
    }} elseif ($before[-1] -cin '--persona') {{
        $names = {personas}
    }} elseif (($before | Select-Object -Skip 1) -join ' ' -cin 'key set', 'key list', 'key delete') {{
        $names = {providers}
    }}
    $names = @($names -like "$wordToComplete*")
    if ($names.Count -gt 0) {{
        return $names | ForEach-Object {{ [CompletionResult]::new($_, $_, [CompletionResultType]::ParameterValue, $_) }}
    }}
"#
        );
        let with_names = format!("{POWERSHELL_WORDS}{choice}");
        script.replacen(POWERSHELL_WORDS, &with_names, 1)
    }
}

/// Prints the manual: of the program, or of one of its commands.
pub(super) fn man(path: &[String]) -> Result<Exit, Trouble> {
    let line = manual();
    let mut at = &line;
    let mut name = "mmchat".to_owned();
    for word in path {
        at = at.find_subcommand(word).ok_or_else(|| {
            Trouble::usage(tr!("there is no command `{name} {word}`", name, word))
        })?;
        name = format!("{name} {word}");
    }
    let page = page(at.clone(), &name)?;
    let mut out = io::stdout().lock();
    out.write_all(&page)?;
    out.flush()?;
    Ok(Exit::Success)
}

/// The command line as the manual describes it: commands know the options that they share, and there is
/// no `help`, which has no page.
fn manual() -> Command {
    let mut line = super::command_line().disable_help_subcommand(true);
    line.build();
    line
}

/// A page of the manual.
fn page(command: Command, name: &str) -> io::Result<Vec<u8>> {
    let is_whole = command.get_name() == "mmchat";
    let ending = command.get_after_long_help().map(ToString::to_string);
    let command = command
        .name(name.replace(' ', "-"))
        .bin_name(name.to_owned())
        .after_long_help(None);
    let man = clap_mangen::Man::new(command)
        .manual("mmchat")
        .source(concat!("mmchat ", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    man.render(&mut page)?;
    page.extend_from_slice(closing(&ending.unwrap_or_default()).as_bytes());
    let more = if is_whole { MORE } else { SEE_ALSO };
    page.extend_from_slice(more.as_bytes());
    Ok(page)
}

/// What the long help ends with, as the manual puts it: lines that are set in stay as they are. Exit codes
/// have a section of their own.
fn closing(help: &str) -> String {
    let mut text = String::new();
    for paragraph in help.split("\n\n").filter(|it| !it.is_empty()) {
        let (head, lines) = match paragraph.split_once('\n') {
            Some(("Exit codes:", _)) => continue,
            Some(("Examples:", lines)) => (".SH EXAMPLES\n", lines),
            _ if text.contains(".SH NOTES") => (".PP\n", paragraph),
            _ => (".SH NOTES\n", paragraph),
        };
        text.push_str(head);
        let mut is_set_in = false;
        for line in lines.lines() {
            if is_set_in != line.starts_with("  ") {
                is_set_in = !is_set_in;
                text.push_str(if is_set_in {
                    ".RS 2\n.nf\n"
                } else {
                    ".fi\n.RE\n"
                });
            }
            let line = line.trim_start().replace('\\', "\\\\").replace('-', "\\-");
            // A line that begins so would be an order to the formatter.
            let guard = if line.starts_with(['.', '\'']) {
                "\\&"
            } else {
                ""
            };
            text.extend([guard, &line, "\n"]);
        }
        if is_set_in {
            text.push_str(".fi\n.RE\n");
        }
    }
    text
}

/// What the page of a command ends with.
const SEE_ALSO: &str = r#".SH "SEE ALSO"
.BR mmchat (1)
"#;

/// What the definition of the command line can't know.
const MORE: &str = r#".SH "EXIT STATUS"
.TP
.B 0
All is well.
.TP
.B 1
It failed, and would fail again.
.TP
.B 2
Wrong options or configuration, or something that the model can't do.
.TP
.B 75
It failed, but may work later: rate limit, overload, no connection.
.TP
.B 101
A mistake of its own ended it; it says where the report is.
.TP
.B 130
Interrupted with Ctrl+C; 128 and the signal's number for other signals.
.SH FILES
.TP
.I config.toml
Settings, in the platform's configuration directory;
.B mmchat config path
says where.
.TP
.I credentials.toml
Keys that
.B mmchat key set
keeps, beside the settings.
.SH ENVIRONMENT
.TP
.B MMCHAT_CONFIG, MMCHAT_DATA_DIR, MMCHAT_MODEL
As the options
.BR --config ,
.B --data-dir
and
.BR --model .
.TP
.B DASHSCOPE_API_KEY, TOKENHUB_API_KEY, MINIMAX_API_KEY, OPENROUTER_API_KEY
Keys of the built-in providers.
.TP
.B HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY
Proxies, in upper or lower case.
.TP
.B NO_COLOR
If set, no colours.
.TP
.B VISUAL, EDITOR
The editor for messages and for
.BR "mmchat config edit" .
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_offered_for_models_and_providers() {
        let line = Names::of(&Config::default()).offered_by(crate::cli::command_line());
        let model = line.get_arguments().find(|arg| arg.get_id() == "model");
        let offered = model.unwrap().get_possible_values();
        assert!(
            offered
                .iter()
                .any(|value| value.get_name() == "tencent/minimax-m3")
        );
        line.debug_assert();
    }

    #[test]
    fn examples_stay_as_they_are_typed_and_exit_codes_are_told_once() {
        assert_eq!(
            closing("Examples:\n  a --b   c\n  .d\n\nExit codes:\n  0  fine\n\nMore:\n  e\nend"),
            ".SH EXAMPLES\n.RS 2\n.nf\na \\-\\-b   c\n\\&.d\n.fi\n.RE\n\
             .SH NOTES\nMore:\n.RS 2\n.nf\ne\n.fi\n.RE\nend\n"
        );
        let page = page(manual(), "mmchat").unwrap();
        let page = String::from_utf8(page).unwrap();
        assert_eq!(page.matches("It failed, and would fail again").count(), 1);
    }

    #[test]
    fn every_command_has_a_page_and_pages_name_no_other() {
        /// Collects the pages and what they name, as `mmchat-key-set(1)`.
        fn check(command: &Command, name: &str, pages: &mut Vec<String>, named: &mut Vec<String>) {
            let page = page(command.clone(), name).unwrap();
            let page = String::from_utf8(page).unwrap().replace("\\-", "-");
            assert!(
                page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"),
                "{name}"
            );
            pages.push(name.replace(' ', "-") + "(1)");
            let words = page.split_whitespace();
            let page_names = words.filter(|word| word.ends_with("(1)") && word.len() > 3);
            named.extend(page_names.map(str::to_owned));
            for below in command.get_subcommands() {
                check(below, &format!("{name} {}", below.get_name()), pages, named);
            }
        }
        let (mut pages, mut named) = (Vec::new(), Vec::new());
        check(&manual(), "mmchat", &mut pages, &mut named);
        named.sort_unstable();
        named.dedup();
        pages.sort_unstable();
        // The first page is nobody's command.
        pages.retain(|page| page != "mmchat(1)");
        assert_eq!(named, pages);
    }
}
