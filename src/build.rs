//! Notes where a build comes from, for `--version`. Debug builds note no commit, so that a commit alone rebuilds nothing.
#![allow(clippy::print_stdout)]

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    // OUT_DIR is …/PROFILE/build/PACKAGE/out, and the name of the profile stands nowhere else.
    let out = variable("OUT_DIR");
    let profile = Path::new(&out)
        .ancestors()
        .nth(3)
        .and_then(|folder| folder.file_name()?.to_str());
    let profile = profile.unwrap_or("unknown");
    let commit = if profile == "debug" {
        "not noted in debug builds".to_owned()
    } else {
        commit(Path::new(&variable("CARGO_MANIFEST_DIR")))
    };
    let compiler = said_by(&variable("RUSTC"), &["--version"]).unwrap_or_default();
    println!("cargo:rustc-env=BUILD_COMMIT={commit}");
    println!("cargo:rustc-env=BUILD_PROFILE={profile}");
    println!("cargo:rustc-env=BUILD_TARGET={}", variable("TARGET"));
    println!("cargo:rustc-env=BUILD_COMPILER={compiler}");
}

/// The commit of a clone, or of a crate that was packaged from one.
fn commit(folder: &Path) -> String {
    let packaged = std::fs::read_to_string(folder.join(".cargo_vcs_info.json"));
    let packaged = packaged.ok().and_then(|info| {
        let (_, rest) = info.split_once("\"sha1\": \"")?;
        Some(rest.split('"').next()?.to_owned())
    });
    if let Some(commit) = packaged {
        return commit;
    }
    let git = |arguments: &[&str]| {
        let folder = folder.to_str()?;
        said_by("git", &[&["-C", folder], arguments].concat())
    };
    if let Some(log) = git(&[
        "rev-parse",
        "--path-format=absolute",
        "--git-path",
        "logs/HEAD",
    ]) {
        println!("cargo:rerun-if-changed={log}");
    }
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]);
    match (git(&["rev-parse", "HEAD"]), changed) {
        (Some(commit), Some(changed)) if changed.is_empty() => commit,
        (Some(commit), _) => format!("{commit}, with changes"),
        (None, _) => "unknown".to_owned(),
    }
}

fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
