#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use super::*;

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

/// The options that a text names.
fn options(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let options = words.filter(|word| word.starts_with("--") && word.len() > 2);
    options.map(str::to_owned).collect()
}

#[test]
fn manual_and_completions_name_every_command_and_option_of_the_help() {
    let mut program = Cli::command();
    program.build();
    let pages: BTreeMap<String, String> = manual()
        .unwrap()
        .into_iter()
        .map(|(file, page)| (file, String::from_utf8(page).unwrap().replace('\\', "")))
        .collect();
    let bash = String::from_utf8(completions(clap_complete::Shell::Bash)).unwrap();
    let zsh = String::from_utf8(completions(clap_complete::Shell::Zsh)).unwrap();
    let mut helps = vec![(program.get_name().to_owned(), program.clone())];
    for command in program
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
    {
        let file = format!("{}-{}", program.get_name(), command.get_name());
        helps.push((file, command.clone()));
        assert!(bash.contains(command.get_name()) && zsh.contains(command.get_name()));
    }
    assert_eq!(pages.len(), helps.len());
    for (name, mut command) in helps {
        let page = &pages[&format!("{name}.1")];
        let said = options(&command.render_long_help().to_string());
        assert!(
            said.contains("--profile") && said.contains("--help"),
            "{name}: {said:?}"
        );
        for option in said {
            assert!(page.contains(&option), "{name}: {option}");
            assert!(bash.contains(&option) && zsh.contains(&option), "{option}");
        }
        assert!(page.contains(&format!(".TH {name} 1")), "{page}");
    }
}

#[test]
fn the_version_says_where_it_comes_from() {
    let version = long_version();
    let lines: Vec<&str> = version.lines().collect();
    assert_eq!(lines.len(), 3, "{version}");
    assert_eq!(lines[0], env!("CARGO_PKG_VERSION"));
    assert!(lines[1].starts_with("commit "), "{version}");
    assert!(
        lines[2].contains(std::env::consts::ARCH) && lines[2].contains("rustc"),
        "{version}"
    );
}

#[test]
fn every_exit_code_is_explained_in_the_help() {
    for exit in Exit::ALL {
        let line = format!("\n  {:<5}{}", exit as u8, exit.meaning());
        assert!(after_help().contains(&line), "{exit:?}");
    }
}

#[test]
fn every_command_shows_an_example_of_its_own() {
    for command in Cli::command().get_subcommands() {
        let help = command.get_after_help().map(ToString::to_string);
        let example = format!("sagemaker-ssh-setup {}", command.get_name());
        assert!(
            help.is_some_and(|help| help.contains(&example)),
            "{}",
            command.get_name()
        );
    }
}
