//! Plans that have to come out as they stand in `tests/plans`: an account and choices in `NAME.json`, and the plan in
//! `NAME.plan.json`. Another case needs no code; `UPDATE_PLANS=1 cargo test --test suite plans` writes what comes out, to be read.

use std::fs;
use std::path::{Path, PathBuf};

use sagemaker_ssh_setup::demo::{Seed, Timing};
use sagemaker_ssh_setup::model::Choices;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::cut_off::Setup;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it is about, in a sentence.
    about: String,
    choices: Choices,
    /// What differs from an account without roles; as in `assets/demo-account.json`.
    account: Map<String, Value>,
}

impl Case {
    async fn plan(self) -> String {
        let mut account = json!({
            "region": "eu-west-1",
            "caller": {"arn": "arn:aws:sts::123456789012:assumed-role/Admin/console", "user_id": "AROAEXAMPLEADMINROLE:console"},
        });
        account.as_object_mut().unwrap().extend(self.account);
        let seed: Seed = serde_json::from_value(account).unwrap();
        let setup = Setup::with(seed, Timing::INSTANT).await;
        let plan = setup.set_up_as(self.choices).await.plan;
        plan.to_json().unwrap()
    }
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans");
    let files = fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test(start_paused = true)]
async fn each_plan_comes_out_as_it_stands_in_its_file() {
    let (plans, cases): (Vec<_>, Vec<_>) = cases()
        .into_iter()
        .partition(|path| path.to_string_lossy().ends_with(".plan.json"));
    assert!(cases.len() > 10, "the cases are not there");
    let mut others = Vec::new();
    for path in &cases {
        let name = path.display();
        let case = fs::read_to_string(path).unwrap();
        let case: Case = serde_json::from_str(&case).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(case.about.ends_with('.'), "{name}: {:?}", case.about);
        let plan = case.plan().await;
        let expected = path.with_extension("plan.json");
        if std::env::var_os("UPDATE_PLANS").is_some() {
            fs::write(&expected, &plan).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != plan {
            others.push(format!("{name}:\n{plan}"));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
    // No plan is left of a case that has gone.
    for plan in plans {
        let case = plan.to_string_lossy().replace(".plan.json", ".json");
        assert!(Path::new(&case).exists(), "{case} is not there");
    }
}
