//! What a shell wants to know: completions and manual pages.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::args::Cli;
use crate::failure::Failure;
use crate::output::Output;

/// What `completions` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc completions bash")]
pub(crate) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

pub(crate) fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "qroc", &mut script);
    Output::raw(&script)
}

/// What `man` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  qroc man room create | man -l -")]
pub(crate) struct ManArgs {
    /// The command; qroc itself otherwise
    command: Vec<String>,
}

pub(crate) fn man(args: &ManArgs) -> Result<(), Failure> {
    let mut command = Cli::command();
    command.build();
    let mut page = &command;
    for name in &args.command {
        page = page
            .find_subcommand(name)
            .ok_or_else(|| Failure::usage(format!("no command called \"{name}\"; `qroc help` lists them")))?;
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(page.clone()).render(&mut text)?;
    Output::raw(&text)
}
